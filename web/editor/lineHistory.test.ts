import { expect, test } from 'vitest';
import { LineHistory } from './lineHistory.ts';

test('keeps lines in order', () => {
  const history = new LineHistory(['one']);
  history.add('two');
  expect(history.lines).toEqual(['one', 'two']);
});

test('ignores a blank line, and a repetition of the last one', () => {
  const history = new LineHistory(['one']);
  for (const line of ['', '  ', 'one']) history.add(line);
  expect(history.lines).toEqual(['one']);
});

test('leaves out a line of more than 10,000 characters, which would displace many others', () => {
  const history = new LineHistory(['one']);
  for (const length of [10_000, 10_001]) history.add('x'.repeat(length));
  expect(history.lines).toEqual(['one', 'x'.repeat(10_000)]);
});

test('keeps the newest 500 lines', () => {
  const history = new LineHistory(Array.from({ length: 600 }, (_, index) => `line ${index}`));
  history.add('last');
  expect(history.lines).toHaveLength(500);
  expect(history.lines[0]).toBe('line 101');
  expect(history.lines.at(-1)).toBe('last');
});

test('keeps at most 100,000 characters', () => {
  const history = new LineHistory(Array.from({ length: 50 }, () => 'x'.repeat(4_000)));
  expect(history.lines).toHaveLength(25);
});
