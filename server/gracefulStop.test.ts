import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { GracefulStop } from './gracefulStop.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
});

function part(hasSentLine: boolean) {
  return { hasSentLine, stop: vi.fn(() => {}) };
}

test.each([
  ['has sent a line', true, 0],
  ['connected long ago', false, 500],
])('stops a peer at once that %s', (_what, hasSentLine, ageMs) => {
  const stop = new GracefulStop();
  const connection = part(hasSentLine);
  stop.begin(connection);
  vi.advanceTimersByTime(ageMs);
  stop.request();
  expect(connection.stop).toHaveBeenCalledOnce();
});

test('stops any other peer 500 ms after the accept, once', () => {
  const stop = new GracefulStop();
  const connection = part(false);
  stop.begin(connection);
  vi.advanceTimersByTime(200);
  stop.request();
  vi.advanceTimersByTime(299);
  stop.request();
  expect(connection.stop).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(connection.stop).toHaveBeenCalledOnce();
});

test('stops the part that is running then, and a later one at once', () => {
  const stop = new GracefulStop();
  const [first, second, third] = [part(false), part(false), part(false)];
  stop.begin(first);
  stop.request();
  stop.begin(second);
  vi.advanceTimersByTime(500);
  expect(first.stop).not.toHaveBeenCalled();
  expect(second.stop).toHaveBeenCalledOnce();
  stop.begin(third);
  expect(third.stop).toHaveBeenCalledOnce();
});

test('leaves no timer for a closed connection', () => {
  const stop = new GracefulStop();
  stop.request();
  expect(vi.getTimerCount()).toBe(1);
  stop.dispose();
  expect(vi.getTimerCount()).toBe(0);
});
