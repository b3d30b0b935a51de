import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { buildProgram } from '../program.ts';
import { manualPages } from './manualPage.ts';
import { PROSE } from './prose.ts';
import { code, text } from './roff.ts';

const program = await buildProgram('1.2.3');
const pages = manualPages(program, { version: '1.2.3', date: '2026-11-28' });

const folder = mkdtempSync(join(tmpdir(), 'motd-man-'));
afterAll(() => rmSync(folder, { recursive: true }));
mkdirSync(join(folder, 'man1'));
for (const [name, page] of pages) writeFileSync(join(folder, 'man1', name), page);
const files = [...pages.keys()].map((name) => join(folder, 'man1', name));

const { MOTD_TEST_MAN: man = 'man', MOTD_TEST_MANDOC: mandoc = 'mandoc' } = process.env;

function run(command: string, args: readonly string[]) {
  const env = {
    ...process.env,
    LC_ALL: 'C.UTF-8',
    MANROFFSEQ: '',
    MANWIDTH: '80',
    MANPAGER: 'cat',
  };
  return spawnSync(command, args, { encoding: 'utf8', env });
}

test('there is a page for motd, and one for each command', () => {
  const names = program.commands.map((command) => command.name());
  expect([...pages.keys()]).toEqual(['motd.1', ...names.map((name) => `motd-${name}.1`)]);
  expect(Object.keys(PROSE).sort()).toEqual(['motd', ...names].sort());
});

test('a page names every flag with its variable, in the order of --help', () => {
  for (const command of program.commands) {
    const page = pages.get(`motd-${command.name()}.1`)?.replaceAll('\\-', '-') ?? '';
    const flags = command.options.filter(({ hidden }) => !hidden);
    const terms = [...page.matchAll(/^\.TP\n\\fB(?:-\w, )?(--[\w-]+)/gm)].map(([, flag]) => flag);
    const help = [...command.helpInformation().matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)];
    expect(terms).toEqual(help.map(([, flag]) => flag));
    expect(terms).toHaveLength(flags.length + 1);
    const variables = [...page.matchAll(/^Variable: \\fB(MOTD_\w+)\\fR\.$/gm)];
    expect(variables.map(([, name]) => name)).toEqual(flags.map(({ envVar }) => envVar));
  }
});

test('a page gives the default of each flag that has one in --help, also if it is 0', () => {
  for (const command of program.commands) {
    const page = pages.get(`motd-${command.name()}.1`) ?? '';
    const defaults = command.helpInformation().match(/[(\s]default:\s+(?!\s|false\b)/g) ?? [];
    expect(page.match(/^Default: /gm) ?? [], command.name()).toHaveLength(defaults.length);
  }
  expect(pages.get('motd-serve.1')).toContain('Default: 0.');
});

test('a page has its sections in the usual order (man-pages(7))', () => {
  const order =
    'NAME,SYNOPSIS,DESCRIPTION,COMMANDS,ARGUMENTS,OPTIONS,EXIT STATUS,ENVIRONMENT,FILES,SIGNALS,EXAMPLES,SEE ALSO'.split(
      ',',
    );
  for (const [name, page] of pages) {
    const sections = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title ?? '');
    expect(sections, name).toEqual(order.filter((title) => sections.includes(title)));
    const required = [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'OPTIONS',
      'EXIT STATUS',
      'EXAMPLES',
      'SEE ALSO',
    ];
    expect(sections, name).toEqual(expect.arrayContaining(required));
  }
});

test('every page that SEE ALSO names exists', () => {
  const cited = [...pages.values()].flatMap((page) => [...page.matchAll(/^\\fB(.*)\\fR\(1\)/gm)]);
  expect(cited.length).toBeGreaterThan(pages.size);
  for (const [, name = ''] of cited)
    expect(pages.has(`${name.replaceAll('\\-', '-')}.1`), name).toBe(true);
});

test.skipIf(mandoc === '')('mandoc finds no fault in a page', () => {
  const { stdout, stderr } = run(mandoc, ['-T', 'lint', '-W', 'warning', ...files]);
  expect(stdout + stderr).toBe('');
});

test.skipIf(man === '')('groff warns of nothing in a page', () => {
  const { status, stderr } = run(man, [
    '--warnings',
    '-E',
    'UTF-8',
    '-l',
    '-Tutf8',
    '-Z',
    ...files,
  ]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});

test.skipIf(man === '')('man finds a page, and shows what may be copied as it was typed', () => {
  const { stdout } = run(man, ['-M', folder, 'motd-plan']);
  expect(stdout).toMatch(/^MOTD-PLAN\(1\) /);
  expect(stdout).toContain(
    "motd plan --from 'fri 18:00' --until 20:00 -m 'Maintenance' motd.example",
  );
});

test('roff interprets nothing in a text', () => {
  expect(text(".x 'a' \\n --port MOTD_PORT a-b")).toBe(
    '\\&.x \\(aqa\\(aq \\en \\fB\\-\\-port\\fR \\fBMOTD_PORT\\fR a-b',
  );
  expect(code('~/.x ^ `-`')).toBe('\\(ti/.x \\(ha \\(ga\\-\\(ga');
});
