// The documentation as a whole: its links, its paths, its table of contents, and what is generated.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { anchorsOf, headingsOf, markdownFiles, proseOf, readPage } from '../../testing/docs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, test } from '../fixtures.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

const SOURCE = /\.(?:[cm]?[jt]s|json|md|service|socket|conf|env|cfg|yaml|sh|css|html)$/;

/** The files that contain the texts that a user may see. */
const PROGRAM =
  /^(?:protocol|access|server|client|bridge|feed|web|cli)\/.*\.(?:ts|cjs|html)$|^scripts\/(?:prepare|installPackages)\.mjs$/;
/** An error that ends a command: its short code, and its text. */
const ERROR =
  /(?:new (?:CliError|UsageError|StoreOpenError)\(|super\(|cliError\(\s*error,)\s*'(?<code>[a-z0-9-]+)',\s*['`](?<text>.+?)['`]\s*[,)]/g;
/** The text of an error that Commander prints with the flag and its value. */
const VALUE_ERROR = /new InvalidArgumentError\(\s*['`](?<text>.+?)['`]\s*[,)]/g;
/** A part of the union of all short codes. */
const SHORT_CODES = /type \w*ShortCode =(?<codes>[^;]*'[^;]*);/g;

/** In characters. A shorter one, such as `check`, proves nothing. */
const MIN_PIECE_LENGTH = 8;

const FOLDERS = readdirSync(ROOT, { withFileTypes: true })
  .filter(
    (entry) =>
      entry.isDirectory() && !/^(?:\.git|node_modules|dist|test-results)$/.test(entry.name),
  )
  .map(({ name }) => name);

const pages = markdownFiles();

/** The path of every file of ours, relative to the root. */
const files = [
  ...readdirSync(ROOT).filter((name) => SOURCE.test(name)),
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      join(folder, name),
    ),
  ),
];
const names = new Set(files.map((file) => file.replace(/^.*\//, '')));

/** The source of all that writes texts for users, each text in one piece. */
const program = files
  .filter((file) => PROGRAM.test(file) && !/\.(?:test|harness)\./.test(file))
  .map((file) => readFileSync(join(ROOT, file), 'utf8'))
  .join('\n')
  .replace(/['`]\s*\+\s*['`]/g, '');

test('every link between pages leads to a file and a heading that exist', QUICK, () => {
  const broken = pages.flatMap((page) => {
    const links = proseOf(readPage(page)).matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g);
    return [...links]
      .map(([, link = '', source = '']) => link || source)
      .filter((link) => !/^[a-z]+:/.test(link) && !isTarget(page, link))
      .map((link) => `${page}: ${link}`);
  });
  expect(broken).toEqual([]);
});

test('every path in backticks exists', QUICK, () => {
  const missing = pages.flatMap((page) =>
    [...proseOf(readPage(page)).matchAll(/`([^`\n]+)`/g)]
      .map(([, code = '']) => code)
      .filter((code) => isPath(code) && !existsSync(join(ROOT, code)) && !names.has(code))
      .map((path) => `${page}: ${path}`),
  );
  expect(missing).toEqual([]);
});

test('every section that a file cites exists', QUICK, () => {
  const cited = files
    .filter((file) => /\.(?:[cm]?[jt]s|json|md|conf)$|60-motd$/.test(file))
    .flatMap((file) => {
      const text = readFileSync(join(ROOT, file), 'utf8');
      const citations = text.matchAll(
        /\b((?:\w+\/)*\w+\.md)[,:]\s+(?:(?:\/\/|\*|#) )?"([^"\n]+)"/g,
      );
      return [...citations].map(([, page = '', title = '']) => ({ file, page, title }));
    });
  expect(cited.length).toBeGreaterThan(10);
  const missing = cited.filter(
    ({ page, title }) =>
      !existsSync(join(ROOT, page)) || !headingsOf(readPage(page)).includes(title),
  );
  expect(missing).toEqual([]);
});

test('every flag in a motd command of the documentation exists', QUICK, () => {
  const reference = readPage('docs/flags.md')
    .split(/^## motd /m)
    .slice(1);
  const flagsOf = new Map(
    reference.map((section) => {
      const [name = ''] = section.split('\n', 1);
      return [name, [...section.matchAll(/`(?:-\w, )?(--[\w-]+)/g)].map(([, flag]) => flag)];
    }),
  );
  const commands = [...flagsOf.keys()].join('|');
  const uses = new RegExp(`\\b(?:motd(?: --)?|main\\.js) (${commands})\\b([^|;>\`)\\n]*)`, 'g');
  const found = pages
    .filter((page) => page !== 'docs/flags.md')
    .flatMap((page) =>
      [...readPage(page).replaceAll('\\\n', ' ').matchAll(uses)].map(
        ([, name = '', rest = '']) => ({
          page,
          name,
          flags: rest.match(/--[a-z][\w-]+/g) ?? [],
        }),
      ),
    );
  expect(found.length).toBeGreaterThan(50);
  const unknown = found.flatMap(({ page, name, flags }) =>
    flags
      .filter((flag) => !flagsOf.get(name)?.includes(flag))
      .map((flag) => `${page}: motd ${name} ${flag}`),
  );
  expect(unknown).toEqual([]);
});

test('every text in docs/errors.md is in the code', QUICK, () => {
  const pieces = textsIn(readPage('docs/errors.md')).flatMap((text) =>
    piecesOf(text, /\(?…\)?|; |: |\(E[A-Z]+\)/),
  );
  expect(pieces.length).toBeGreaterThan(100);
  expect(pieces.filter((piece) => !program.includes(piece))).toEqual([]);
});

test('docs/errors.md explains every error of a command under its short code', QUICK, () => {
  const sections = sectionsByCode(readPage('docs/errors.md'));
  const errors = [
    ...[...program.matchAll(ERROR)].map(({ groups }) => ({ code: '', text: '', ...groups })),
    ...[...program.matchAll(VALUE_ERROR)].map(({ groups }) => ({
      code: 'invalid-value',
      text: groups?.['text'] ?? '',
    })),
  ];
  expect(errors.length).toBeGreaterThan(80);
  const unexplained = errors.filter(({ code, text }) => {
    const pieces = piecesOf(text, /\$\{[^}]*(?:\}|$)|; |: /);
    const section = sections.get(code) ?? '';
    return pieces.length > 0 && !pieces.some((piece) => section.includes(piece));
  });
  expect(unexplained).toEqual([]);
});

test('docs/errors.md has one section for each short code, and no other', QUICK, () => {
  const codes = shortCodes();
  expect(codes.length).toBeGreaterThan(50);
  const sections = readPage('docs/errors.md').match(/(?<=^#### ).+$/gm) ?? [];
  expect(sections.toSorted()).toEqual(codes.toSorted());
});

test('every short code is that of an error', QUICK, () => {
  const errors = program.replace(SHORT_CODES, '');
  expect(shortCodes().filter((code) => !errors.includes(`'${code}'`))).toEqual([]);
});

test('PROTOCOL.md names every command, reply, event, close code and metric', QUICK, () => {
  const protocol = readPage('PROTOCOL.md');
  const missing = Object.entries({
    'protocol/commands.ts': /'([A-Z]+)'/g,
    'protocol/replies.ts': /: '([A-Z0-9, ]+)'/g,
    'server/events.ts': /\bevent: '(\w+)'/g,
    'server/stores/store.ts': /\bevent: '(\w+)'/g,
    'bridge/relay/closeCodes.ts': /\b(1\d{3})\b(?=[,\]])/g,
    'server/metrics.ts': /'(motd_\w+)'/g,
    'bridge/metrics.ts': /'(motd_\w+)'/g,
    'cli/bridge/bridgePrimary.ts': /'(motd_\w+)'/g,
    'cli/bridge/outageLog.ts': /'([a-z]+[A-Z]\w+)'/g,
    'cli/reload.ts': /'(reload\w+)'/g,
    'cli/server/serverPrimary.ts': /'(motd_\w+)'/g,
  }).flatMap(([file, pattern]) => {
    const names = [...readFileSync(join(ROOT, file), 'utf8').matchAll(pattern)].map(
      ([, name = '']) => name,
    );
    expect(names, file).not.toEqual([]);
    return names
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(protocol))
      .map((name) => `${file}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test('docs/page.md names every command', QUICK, () => {
  const page = readPage('docs/page.md');
  const commands = readFileSync(join(ROOT, 'protocol/commands.ts'), 'utf8');
  const [, list = ''] = /COMMANDS = \[([^\]]*)\]/.exec(commands) ?? [];
  const names = [...list.matchAll(/'([A-Z]+)'/g)].map(([, name = '']) => name);
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

for (const folder of ['docs', 'docs/decisions']) {
  test(`the table of contents names every page in ${folder}/`, QUICK, () => {
    const contents = readPage(`${folder}/README.md`);
    const pagesThere = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.md'));
    const unnamed = pagesThere.filter(
      (name) => name !== 'README.md' && !contents.includes(`(${name})`),
    );
    expect(unnamed).toEqual([]);
  });
}

test('README.md has at most 150 lines', QUICK, () => {
  expect(readPage('README.md').split('\n').length).toBeLessThanOrEqual(151);
});

test(
  'docs/flags.md, docs/benchmarks.md and its charts are what `npm run docs` writes',
  QUICK,
  async () => {
    const program = new Program(process.execPath, ['scripts/docs.mjs', 'check']);
    expect(await program.exitCode(), program.stderr).toBe(0);
  },
);

/** The parts of a text between the values in it, without those that are too short to be found. */
function piecesOf(text: string, separator: RegExp): string[] {
  const pieces = text.split(separator).map((piece) => piece.trim());
  return pieces.filter((piece) => piece.length > MIN_PIECE_LENGTH);
}

function shortCodes(): string[] {
  return [...program.matchAll(SHORT_CODES)].flatMap(
    ({ groups }) => groups?.['codes']?.match(/(?<=')[^']+(?=')/g)?.filter(isShortCode) ?? [],
  );
}

/** Between two codes of a union, `' | '` is in quotes as well. */
function isShortCode(text: string): boolean {
  return /^[a-z0-9-]+$/.test(text);
}

/** @returns The sections of docs/errors.md for the commands, by their titles. */
function sectionsByCode(page: string): Map<string, string> {
  const sections = page.split(/^#+ /m).map((section): [string, string] => {
    const [title = ''] = section.split('\n', 1);
    return [title, section];
  });
  return new Map(sections);
}

/** The texts in the tables of a page: all code except that in the last column, which is advice. */
function textsIn(page: string): string[] {
  const rows = page.split('\n').filter((line) => line.startsWith('| '));
  return rows.flatMap((row) => {
    const cells = row.slice(0, -2).split(' | ').slice(0, -1).join(' | ');
    return [...cells.matchAll(/`([^`]*)`/g)].map(([, text = '']) => text);
  });
}

function isTarget(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const file = path === '' ? page : normalize(join(page, '..', path));
  if (!existsSync(join(ROOT, file))) return false;
  return anchor === undefined || anchorsOf(readPage(file)).includes(anchor);
}

/** Whether code in backticks is the path of a file, or of a folder, in the repository. */
function isPath(code: string): boolean {
  if (!/^[\w@.-]+(?:\/[\w@.-]+)*\/?$/.test(code)) return false;
  const [first = ''] = code.split('/');
  return code.includes('/')
    ? FOLDERS.includes(first)
    : /^\w[\w.-]*\.(?:[mc]?ts|mjs|md)$/.test(code);
}
