import { expect, test } from 'vitest';
import { CLOSED_BY_PAGE, UNKNOWN_TARGET } from './connectionState.pure.ts';
import { type Status, statusOf, UNRESPONSIVE } from './status.pure.ts';

const REASON = 'motd closed the connection (1000)';
const MESSAGE_SERVER = { name: undefined, isReadOnly: false };
const ENDED = { is: 'ended', reason: REASON } as const;

/** As the header shows it. */
function shown({ words, reason }: Status): string {
  return reason === undefined ? words : `${words}: ${reason}`;
}

test.each([
  [{ is: 'connecting' }, undefined, 'connecting', 'connecting…', undefined],
  [{ is: 'connected' }, undefined, 'connected', 'connected', undefined],
  [
    { is: 'waiting', reason: REASON, nextAtMs: 0 },
    'lost',
    'waiting',
    `not connected: ${REASON}`,
    'Try now',
  ],
  [{ is: 'offline', reason: REASON }, 'lost', 'offline', 'no network', 'Try now'],
  [{ is: 'loggedOut', reason: REASON }, 'lost', 'loggedOut', `not connected: ${REASON}`, 'Log in'],
  [ENDED, 'quit', 'sessionEnded', 'session ended', 'Start again'],
  [ENDED, 'shutDown', 'shutDown', 'server shut down', 'Connect'],
  [ENDED, 'rejected', 'ended', `not connected: ${REASON}`, 'Connect'],
  [{ is: 'ended', reason: CLOSED_BY_PAGE }, 'lost', 'sessionEnded', 'session ended', 'Start again'],
  [
    { is: 'ended', reason: UNKNOWN_TARGET },
    'lost',
    'unknownTarget',
    'unknown target',
    'Choose another',
  ],
] as const)('%o after %s has its own words', (state, ending, name, words, button) => {
  const status = statusOf(state, MESSAGE_SERVER, ending);
  expect(status).toMatchObject({ name, ...(button && { button }) });
  expect(shown(status)).toBe(words);
});

test('a server that does not respond has words of its own, too', () => {
  expect(UNRESPONSIVE.words).toBe('not responding');
});

test('names a target, but not the default one', () => {
  const subject = { name: 'redis', isReadOnly: false };
  expect(statusOf({ is: 'connecting' }, subject).words).toBe('connecting to redis…');
});

test('shows that a target is read only', () => {
  const subject = { name: 'log', isReadOnly: true };
  expect(statusOf({ is: 'connected' }, subject).words).toBe('connected, read only');
});

test('a session that begins again after QUIT and fails is not an ended one', () => {
  const state = { is: 'waiting', reason: REASON, nextAtMs: 0 } as const;
  expect(shown(statusOf(state, MESSAGE_SERVER, 'quit'))).toBe(`not connected: ${REASON}`);
});
