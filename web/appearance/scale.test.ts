// The rule of scale.css: one scale for sizes, and no other values.

import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const WEB = new URL('../', import.meta.url);
const SHEETS = readdirSync(WEB, { recursive: true, encoding: 'utf8' }).filter(
  (name) => name.endsWith('.css') && !name.endsWith('scale.css'),
);
const SCALE = readFileSync(new URL('scale.css', import.meta.url), 'utf8');

/** Media queries cannot use variables, and comments are text. */
const NOT_DECLARED = /\/\*[\s\S]*?\*\/|@media[^{]*/g;

/** A length that is no line: a border or an outline has at most 3 px. */
const LENGTH = /\b(?:\d*\.)?\d+(?:rem|em)\b|\b(?:[4-9]|\d{2,})px\b/g;

test.each(SHEETS)('%s has no size outside the variables of scale.css', (name) => {
  const css = readFileSync(new URL(name, WEB), 'utf8').replaceAll(NOT_DECLARED, '');
  expect(css.match(LENGTH) ?? []).toEqual([]);
});

/** `/board` is served alone. */
test('the board has no size of its own, and its copies of variables are right', () => {
  const board = readFileSync(new URL('../../feed/board/board.css', import.meta.url), 'utf8');
  const css = board.replaceAll(NOT_DECLARED, '');
  const copies = css.match(/--[\w-]+: [^;]+;/g) ?? [];
  expect(copies).not.toEqual([]);
  const colors = readFileSync(new URL('colors.css', import.meta.url), 'utf8');
  expect(copies.filter((copy) => !`${SCALE}${colors}`.includes(copy))).toEqual([]);
  expect(css.replaceAll(/--[\w-]+: [^;]+;/g, '').match(LENGTH) ?? []).toEqual([]);
});

test('every variable of the scale is used', () => {
  const all = [SCALE, ...SHEETS.map((name) => readFileSync(new URL(name, WEB), 'utf8'))].join('');
  const names = [...SCALE.matchAll(/^ {2}(--[\w-]+):/gm)].map(([, name]) => name ?? '');
  expect(names.filter((name) => !all.includes(`var(${name})`))).toEqual([]);
});
