// SECURITY.md: every row names its test.

import { readFileSync } from 'node:fs';
import { expect, QUICK, test } from '../fixtures.ts';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('SECURITY.md', ROOT), 'utf8');

/** The rows of the tables below "Attack surface", without their headings. */
const promises = (PAGE.split('\n## Attack surface\n')[1]?.split('\n## ')[0] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (?:attack|---) /.test(line));

/** The tests that a text names: `FILE`: "TITLE", and further titles of the same file. */
function testsIn(text: string): { file: string; title: string }[] {
  const references = text.matchAll(
    /`(?<file>[\w./]+\.(?:spec|test)\.ts)`: (?<titles>"[^"]*"(?:; "[^"]*")*)/g,
  );
  return [...references].flatMap(({ groups: { file = '', titles = '' } = {} }) =>
    [...titles.matchAll(/"([^"]*)"/g)].map(([, title = '']) => ({ file, title })),
  );
}

test('every row names a test', QUICK, () => {
  expect(promises.length).toBeGreaterThan(50);
  const unproved = promises.filter((row) => testsIn(row.split(' | ').at(-1) ?? '').length === 0);
  expect(unproved).toEqual([]);
});

test('every test that is named exists under that title', QUICK, () => {
  const named = testsIn(PAGE);
  const missing = named.filter(({ file, title }) => {
    const source = readFileSync(new URL(file, ROOT), 'utf8');
    return !["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
  });
  expect(missing).toEqual([]);
});
