import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TargetOutcome, VERDICT_MS } from './targetOutcome.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

function outcomeWithReports(tlsName?: string) {
  const reports: (string | null)[] = [];
  const outcome = new TargetOutcome({ name: 'irc', tlsName }, (_target, failure) =>
    reports.push(failure),
  );
  return { outcome, reports };
}

const errorWithCode = (code: string) => Object.assign(new Error(code), { code });

const RESET = errorWithCode('ECONNRESET');

test('without TLS, a connection is a success, and what follows reports nothing', () => {
  const { outcome, reports } = outcomeWithReports();
  outcome.connected();
  expect(reports).toEqual([null]);
  outcome.failed(RESET);
  outcome.closed();
  expect(reports).toEqual([null]);
});

test('an error before the connection is a failure', () => {
  for (const tlsName of [undefined, 'localhost']) {
    const { outcome, reports } = outcomeWithReports(tlsName);
    outcome.failed(errorWithCode('ECONNREFUSED'));
    outcome.closed();
    expect(reports).toEqual(['irc refused the connection: is it running?']);
  }
});

test('over TLS, a connection is a success once the server had time to reject the client', () => {
  const { outcome, reports } = outcomeWithReports('localhost');
  outcome.connected();
  vi.advanceTimersByTime(VERDICT_MS - 1);
  expect(reports).toEqual([]);
  vi.advanceTimersByTime(1);
  outcome.ended();
  expect(reports).toEqual([null]);
});

test('over TLS, the end of the stream is a success at once', () => {
  const { outcome, reports } = outcomeWithReports('localhost');
  outcome.connected();
  outcome.ended();
  outcome.closed();
  vi.advanceTimersByTime(VERDICT_MS);
  expect(reports).toEqual([null]);
});

test('over TLS, a connection that is lost at once proves nothing', () => {
  for (const lose of ['failed', 'closed'] as const) {
    const { outcome, reports } = outcomeWithReports('localhost');
    outcome.connected();
    outcome[lose](RESET);
    vi.advanceTimersByTime(VERDICT_MS);
    expect(reports).toEqual([]);
  }
});

test.each([
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'irc requires a client certificate'],
  ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', 'irc rejected the client certificate'],
])('%s after the handshake is a failure, and no success', (code, reason) => {
  const { outcome, reports } = outcomeWithReports('localhost');
  outcome.connected();
  outcome.failed(errorWithCode(code));
  outcome.closed();
  vi.advanceTimersByTime(VERDICT_MS);
  expect(reports).toEqual([reason]);
});
