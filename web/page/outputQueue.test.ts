import { expect, test } from 'vitest';
import { OutputQueue } from './outputQueue.pure.ts';

const MIB = 1024 * 1024;

test('returns all lines in order, and is empty afterwards', () => {
  const queue = new OutputQueue<string>(10);
  for (const line of ['one', 'two']) queue.add(line);
  expect(queue.take()).toEqual(['one', 'two']);
  expect(queue.take()).toEqual([]);
});

test('keeps the newest lines if too many wait', () => {
  const queue = new OutputQueue<string>(10);
  for (let line = 0; line <= 20; line++) queue.add(String(line));
  const kept = queue.take();
  expect(kept).toHaveLength(10);
  expect(kept.at(-1)).toBe('20');
});

test('keeps at most half of its limit if the lines are too long together', () => {
  const queue = new OutputQueue<string>(10);
  const long = 'x'.repeat(3 * MIB);
  for (let line = 0; line < 6; line++) queue.add(long);
  expect(queue.take()).toHaveLength(2);
});

test('drops a line that is longer than half of the limit', () => {
  const queue = new OutputQueue<string>(10);
  queue.add('short');
  queue.add('x'.repeat(17 * MIB));
  expect(queue.take()).toEqual([]);
});
