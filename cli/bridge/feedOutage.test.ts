import { expect, test } from 'vitest';
import { FeedOutage, type FeedReport, feedFailure } from './feedOutage.ts';

const FIRST = {};
const SECOND = {};
const READ: FeedReport = { target: 'motd', isAvailable: true };
const FAILED: FeedReport = { target: 'motd', isAvailable: false, reason: 'motd: gone' };

function outageWithLog() {
  const logged: FeedReport[] = [];
  return { logged, outage: new FeedOutage((report) => logged.push(report)) };
}

test('logs an outage once, and its end once', () => {
  const { outage, logged } = outageWithLog();
  for (const report of [READ, FAILED, FAILED, READ, READ, FAILED]) outage.report(FIRST, report);
  expect(logged).toEqual([FAILED, READ, FAILED]);
});

test('logs an outage of several feeds once, until the last of them reads again', () => {
  const { outage, logged } = outageWithLog();
  outage.report(FIRST, FAILED);
  outage.report(SECOND, FAILED);
  outage.report(FIRST, READ);
  expect(logged).toEqual([FAILED]);
  outage.report(SECOND, READ);
  expect(logged).toEqual([FAILED, READ]);
});

test('logs no end when a process that failed has ended, until another one reads', () => {
  const { outage, logged } = outageWithLog();
  outage.report(FIRST, FAILED);
  outage.leave(FIRST);
  outage.report(SECOND, FAILED);
  expect(logged).toEqual([FAILED]);
  outage.report(SECOND, READ);
  expect(logged).toEqual([FAILED, READ]);
});

test('names the target and the reason', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(feedFailure('motd', refused)).toMatchObject({
    target: 'motd',
    reason: 'motd refused the connection: is it running?',
  });
  const rejected = new Error('the server replied: 421 TOO MANY CONNECTIONS');
  expect(feedFailure('motd', rejected)).toMatchObject({
    reason: 'motd: the server replied: 421 TOO MANY CONNECTIONS',
  });
});
