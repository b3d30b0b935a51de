// The imports that each folder may use (CONTRIBUTING.md, "Imports"): the linter's configuration, run
// on a tree of probes. Each probe is one import, in a file at the top of a folder or nested in it.

import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const BIOME = createRequire(import.meta.url).resolve('@biomejs/biome/bin/biome');
const CONFIGURATION = fileURLToPath(new URL('../../biome.json', import.meta.url));

/** The folders that each folder may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  access: [],
  server: ['protocol', 'access'],
  client: ['protocol'],
  bridge: ['access'],
  feed: ['protocol', 'access', 'client'],
  web: ['client', 'protocol'],
  cli: ['protocol', 'access', 'server', 'client', 'bridge', 'feed'],
  testing: [],
  e2e: ['testing'],
  bench: ['testing'],
};
const FOLDERS = [...Object.keys(MAY_IMPORT), 'scripts'];

/** The unit tests of these folders may also import testing/ and e2e/golden/. */
const WITH_UNIT_TESTS = ['protocol', 'access', 'server', 'client', 'bridge', 'feed', 'web', 'cli'];

const DEPTHS = ['', 'nested/', 'nested/deeper/'];

interface Probe {
  readonly file: string;
  readonly imported: string;
  readonly isAllowed: boolean;
}

function probes(): Probe[] {
  return Object.entries(MAY_IMPORT).flatMap(([folder, allowed]) => [
    ...probesIn(folder, '.ts', allowed),
    ...(WITH_UNIT_TESTS.includes(folder)
      ? probesIn(folder, '.test.ts', [...allowed, 'testing'])
      : []),
  ]);
}

function probesIn(folder: string, suffix: string, allowed: readonly string[]): Probe[] {
  return DEPTHS.flatMap((nested) =>
    FOLDERS.filter((other) => other !== folder).map((other) => ({
      file: `${folder}/${nested}imports-${other}${suffix}`,
      imported: `${other}/some/file.ts`,
      isAllowed: allowed.includes(other),
    })),
  );
}

function goldenProbes(): Probe[] {
  return WITH_UNIT_TESTS.flatMap((folder) =>
    DEPTHS.map((nested) => ({
      file: `${folder}/${nested}reads-golden.test.ts`,
      imported: 'e2e/golden/golden.ts',
      isAllowed: true,
    })),
  );
}

test('rejects every forbidden import, at any depth, and no other', QUICK, async () => {
  const tree = await mkdtemp(join(tmpdir(), 'motd-imports-'));
  try {
    await cp(CONFIGURATION, join(tree, 'biome.json'));
    const all = [...probes(), ...goldenProbes()];
    for (const probe of all) await writeProbe(tree, probe);
    const forbidden = all.filter(({ isAllowed }) => !isAllowed).map(({ file }) => file);
    expect(await rejectedIn(tree)).toEqual(forbidden.sort());
  } finally {
    await rm(tree, { recursive: true });
  }
});

async function writeProbe(tree: string, { file, imported }: Probe): Promise<void> {
  await mkdir(join(tree, dirname(file)), { recursive: true });
  const specifier = relative(dirname(file), imported);
  await writeFile(join(tree, file), `import { a } from '${specifier}';\nexport const b = a;\n`);
}

/** The files of a tree that break an import rule. */
async function rejectedIn(tree: string): Promise<string[]> {
  const lint = new Program(process.execPath, [
    BIOME,
    'lint',
    '--only=style/noRestrictedImports',
    '--max-diagnostics=none',
    '--reporter=rdjson',
    `--config-path=${tree}`,
    tree,
  ]);
  expect(await lint.exitCode(), lint.stderr).toBe(1);
  const { diagnostics } = JSON.parse(lint.stdout);
  const files = diagnostics.map((found: { location: { path: string } }) => found.location.path);
  return files.map((file: string) => relative(tree, file)).sort();
}
