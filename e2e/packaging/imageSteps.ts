// Runs the steps of deploy/container/Dockerfile in a folder, as far as that works without a
// container engine.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DOCKERFILE = join(ROOT, 'deploy/container/Dockerfile');

export interface DockerfileStep {
  /** `FROM`, `COPY`, … */
  instruction: string;
  words: string[];
}

/** The instructions, one per line: without comments, with continued lines joined. */
export function stepsOfDockerfile(): DockerfileStep[] {
  const text = readFileSync(DOCKERFILE, 'utf8')
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, '');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [instruction = '', ...words] = line.trim().split(/\s+/);
      return { instruction, words };
    });
}

/** The variables that the image sets. */
export function environmentOfImage(): Record<string, string> {
  const settings = stepsOfDockerfile().filter(({ instruction }) => instruction === 'ENV');
  return Object.fromEntries(
    settings.flatMap(({ words }) =>
      words.map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]),
    ),
  );
}

/**
 * The files and folders of the repository that an engine gets (.dockerignore; the last matching
 * pattern decides). A folder in another one must be named in full.
 */
export function buildContext(): string[] {
  const patterns = readFileSync(join(ROOT, '.dockerignore'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ isIncluded: line.startsWith('!'), name: line.replace(/^!/, '') }))
    .map((pattern) => ({ ...pattern, glob: globOf(pattern.name) }));
  const nested = patterns.map(({ name }) => name).filter((name) => name.includes('/'));
  return [...readdirSync(ROOT), ...nested].filter(
    (name) => patterns.findLast(({ glob }) => glob.test(name))?.isIncluded ?? true,
  );
}

/**
 * Runs the steps that make files, each stage in a folder of its own, with `/app` as its root. The
 * packages of the first stage are those installed here, which have the same lock file.
 *
 * @returns The folder that is `/app` in the image.
 */
export function makeImage(folder: string): string {
  const context = buildContext();
  let app = '';
  let stage = '';
  for (const { instruction, words } of stepsOfDockerfile()) {
    if (instruction === 'FROM') {
      stage = words[2] ?? 'image';
      app = join(folder, stage);
      mkdirSync(app, { recursive: true });
    } else if (instruction === 'COPY') {
      copy(words, folder, app, context);
    } else if (instruction === 'RUN' && stage !== 'image') {
      const command = words.join(' ');
      const isInstalledHere = stage === 'build' && command === 'npm ci --ignore-scripts';
      if (isInstalledHere) symlinkSync(join(ROOT, 'node_modules'), join(app, 'node_modules'));
      else run(command, app);
    }
  }
  return app;
}

function copy(words: string[], folder: string, app: string, context: readonly string[]): void {
  const [from, ...rest] = words[0]?.startsWith('--from=') ? words : ['', ...words];
  const sources = rest.slice(0, -1);
  const target = rest.at(-1) ?? '';
  for (const source of sources) {
    if (from !== '') {
      const there = join(folder, from?.replace('--from=', '') ?? '', basename(source));
      cpSync(there, join(app, target), { recursive: true, verbatimSymlinks: true });
      continue;
    }
    const names = context.filter((name) => globOf(source).test(name));
    if (names.length === 0) throw new Error(`COPY ${source}: missing, or ignored`);
    for (const name of names) {
      const isInto = target.endsWith('/');
      cpSync(join(ROOT, name), join(app, isInto ? name : target), { recursive: true });
    }
  }
}

function run(command: string, folder: string): void {
  const env = { ...process.env, npm_config_prefer_offline: 'true' };
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${command}\n${stdout}${stderr}`);
}

function globOf(pattern: string): RegExp {
  const escaped = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`);
}
