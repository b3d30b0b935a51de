import { expect, test } from 'vitest';
import { feedFailure } from './bridgeFeed.ts';

test('an outage of the feed names its target and the reason', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  expect(feedFailure('motd', refused)).toBe('motd refused the connection: is it running?');
  const rejected = new Error('the server replied: 421 TOO MANY CONNECTIONS');
  expect(feedFailure('motd', rejected)).toBe('motd: the server replied: 421 TOO MANY CONNECTIONS');
});
