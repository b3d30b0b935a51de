import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ClosingEvent, type ClosingState, nextState, sentCode } from './closing.pure.ts';

/** The code of the close frame that is sent, and of one that was sent earlier. */
const SENT = 1008;
const EARLIER = 1001;

const EVENTS: Record<string, ClosingEvent> = {
  closeSent: { is: 'closeSent', code: SENT },
  stop: { is: 'stop' },
  targetClosed: { is: 'targetClosed' },
  browserClosed: { is: 'browserClosed' },
};

const STATES: Record<string, ClosingState> = {
  open: { is: 'open' },
  closing: { is: 'closing', code: EARLIER },
  stopping: { is: 'stopping', code: undefined },
  targetClosed: { is: 'targetClosed', code: undefined },
  draining: { is: 'draining' },
  settling: { is: 'settling' },
  ended: { is: 'ended' },
};

/** The table of moves in the header: for each state and event, the next state. */
function movesInHeader(): [string, string, string][] {
  const source = readFileSync(new URL('./closing.pure.ts', import.meta.url), 'utf8');
  const [, head = '', body = ''] =
    /^\/\/ {3}(state +closeSent .*)\n((?:\/\/ {3}\w.*\n)+)/m.exec(source) ?? [];
  const [, ...events] = head.split(/ +/);
  const rows = body.trim().split('\n');
  return rows.flatMap((row) => {
    const [state = '', ...next] = row.slice('//   '.length).replaceAll(' *', '').split(/ +/);
    return events.map((event, column): [string, string, string] => [
      state,
      event,
      next[column] ?? '',
    ]);
  });
}

describe('follows the table in its header', () => {
  test('which lists every state and event', () => {
    const moves = movesInHeader();
    expect(new Set(moves.map(([state]) => state))).toEqual(new Set(Object.keys(STATES)));
    expect(new Set(moves.map(([, event]) => event))).toEqual(new Set(Object.keys(EVENTS)));
  });

  test.each(movesInHeader())('%s, %s: %s', (from, on, to) => {
    const [state, event] = [STATES[from], EVENTS[on]];
    if (state === undefined || event === undefined) throw new Error('an unknown name');
    expect(nextState(state, event).is).toBe(to === '–' ? from : to);
  });
});

test('keeps the code of the first close frame until the browser has disconnected', () => {
  const orders: ClosingEvent[][] = [
    [{ is: 'closeSent', code: EARLIER }, { is: 'stop' }],
    [{ is: 'stop' }, { is: 'closeSent', code: EARLIER }],
    [{ is: 'targetClosed' }, { is: 'closeSent', code: EARLIER }],
    [{ is: 'stop' }, { is: 'closeSent', code: EARLIER }, { is: 'targetClosed' }],
  ];
  for (const events of orders) {
    const late: ClosingEvent = { is: 'closeSent', code: SENT };
    const state = [...events, late].reduce(nextState, { is: 'open' });
    expect(sentCode(state)).toBe(EARLIER);
  }
});

test('ends exactly when both connections are closed, whatever else happens in between', () => {
  const others = fc.constantFrom<ClosingEvent>({ is: 'closeSent', code: SENT }, { is: 'stop' });
  const closes: ClosingEvent[] = [{ is: 'targetClosed' }, { is: 'browserClosed' }];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(closes, { minLength: 2 }),
      fc.array(others),
      fc.array(others),
      fc.array(others),
      ([first, second], before, between, after) => {
        if (first === undefined || second === undefined) return;
        let state: ClosingState = { is: 'open' };
        for (const event of [...before, first, ...between]) {
          state = nextState(state, event);
          expect(state.is).not.toBe('ended');
        }
        for (const event of [second, ...after]) {
          state = nextState(state, event);
          expect(state.is).toBe('ended');
        }
      },
    ),
  );
});
