import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Progress } from './progress.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
  vi.stubEnv('TERM', 'xterm');
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

/** Reports a percent each 10 ms. @returns What is written in that second, and in the next one. */
function written(isTTY: boolean): [string[], string[]] {
  const texts: string[] = [];
  const progress = new Progress('Copying', { isTTY, write: (text) => texts.push(text) });
  const step = (percent: number) => {
    progress.update(percent * 5, 500);
    vi.advanceTimersByTime(20);
  };
  for (let percent = 0; percent < 50; percent++) step(percent);
  const first = texts.splice(0);
  for (let percent = 50; percent < 100; percent++) step(percent);
  progress.end();
  progress.end();
  return [first, texts];
}

test('shows nothing for a second, then a line that is overwritten, and removed at the end', () => {
  const [first, second] = written(true);
  expect(first).toEqual([]);
  expect(second[0]).toBe('\r\x1b[KCopying: 50 %');
  expect(second[1]).toBe('\r\x1b[KCopying: 55 %');
  expect(second.slice(-2)).toEqual(['\r\x1b[KCopying: 95 %', '\r\x1b[K']);
  expect(second).toHaveLength(11);
});

test('writes nothing to a file or a pipe, and nothing to a terminal that cannot clear a line', () => {
  expect(written(false)).toEqual([[], []]);
  vi.stubEnv('TERM', 'dumb');
  expect(written(true)).toEqual([[], []]);
});
