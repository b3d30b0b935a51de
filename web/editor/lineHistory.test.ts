import { expect, test } from 'vitest';
import { LineHistory } from './lineHistory.ts';

test('lines are kept in their order', () => {
  const history = new LineHistory(['one']);
  history.add('two');
  expect(history.lines).toEqual(['one', 'two']);
});

test('a blank line, and one that repeats the last, are not', () => {
  const history = new LineHistory(['one']);
  for (const line of ['', '  ', 'one']) history.add(line);
  expect(history.lines).toEqual(['one']);
});

test('of very many, the newest are kept', () => {
  const history = new LineHistory(Array.from({ length: 600 }, (_, index) => `line ${index}`));
  history.add('last');
  expect(history.lines).toHaveLength(500);
  expect(history.lines[0]).toBe('line 101');
  expect(history.lines.at(-1)).toBe('last');
});

test('of very long ones, as many as are a hundred thousand characters', () => {
  const history = new LineHistory(Array.from({ length: 50 }, () => 'x'.repeat(4_000)));
  expect(history.lines).toHaveLength(25);
});
