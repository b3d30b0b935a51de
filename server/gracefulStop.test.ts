import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { GracefulStop } from './gracefulStop.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

function requested(stop: GracefulStop): boolean {
  stop.request();
  return stop.signal.aborted;
}

test('stops a peer at once that has sent a line', () => {
  const stop = new GracefulStop();
  stop.serve({ hasSentLine: true });
  expect(requested(stop)).toBe(true);
});

test('stops a peer at once that connected long ago', () => {
  const stop = new GracefulStop();
  vi.advanceTimersByTime(500);
  expect(requested(stop)).toBe(true);
});

test.each([
  ['is not served yet', undefined],
  ['has sent no line', { hasSentLine: false }],
])('waits until 500 ms after the accept for a peer that %s', (_what, connection) => {
  const stop = new GracefulStop();
  if (connection !== undefined) stop.serve(connection);
  vi.advanceTimersByTime(200);
  expect(requested(stop)).toBe(false);
  vi.advanceTimersByTime(299);
  expect(requested(stop)).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stop.signal.aborted).toBe(true);
});

test('leaves no timer for a closed connection', () => {
  const stop = new GracefulStop();
  stop.request();
  expect(vi.getTimerCount()).toBe(1);
  stop.dispose();
  expect(vi.getTimerCount()).toBe(0);
});
