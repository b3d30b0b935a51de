// kill -9 at random moments while several clients store, repeatedly on one folder. A history is
// correct if each store takes effect at one moment between request and reply (linearizable): a
// message acknowledged before another was sent comes before it.

import { setTimeout } from 'node:timers/promises';
import { randomFrom, seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { StoringClient } from './storingClient.ts';
import { readAll, startStoring, test } from './storingServer.ts';

const CONNECTIONS = 4;
const BIG_BYTES = 4000;
const LONG_HISTORY = 1000;
const SHORT_HISTORY = 50;
/**
 * The server is killed at a random moment within this time after a random acknowledgement: a commit
 * takes about as long, and no event marks its middle.
 */
const KILL_WINDOW_MS = 5;

/** When a message was sent and acknowledged, on a logical clock that counts both. */
interface MessageTimes {
  sent: number;
  /** Infinity if it never was. */
  acknowledged: number;
}

test(
  'keeps every acknowledged message after kill -9, complete and in order',
  QUICK,
  async ({ folder }) => {
    const rounds = scaled(8, 1000);
    test.setTimeout(60_000 + rounds * 5000);
    const random = randomFrom(seed);
    let kept: string[] = [];
    let lastLimit = LONG_HISTORY;
    let round = new Map<string, MessageTimes>();
    let acknowledged = 0;
    let unanswered = 0;

    for (let count = 0; count <= rounds; count++) {
      const limit = count % 50 === 5 ? SHORT_HISTORY : LONG_HISTORY;
      const { program, port } = await startStoring(folder, { args: ['--history', String(limit)] });
      const { message, history } = await readAll(port);
      if (count > 0) expect(message, `round ${count}`).toBe(history.at(-1));
      const faults = faultsIn(history, { kept, round, limit: Math.min(limit, lastLimit) });
      expect(faults, `round ${count}`).toEqual([]);
      kept = history;
      lastLimit = limit;

      round = new Map();
      const clients = await Promise.all(
        Array.from({ length: CONNECTIONS }, () => StoringClient.connect(port)),
      );
      const killAfter = 1 + Math.floor(random() * 40);
      const storing = storeWithoutPause(clients, { count, random, round, killAfter });
      await storing.killAfterReached;
      await setTimeout(random() * KILL_WINDOW_MS);
      await program.kill();
      await storing.ended;
      for (const { acknowledged: when } of round.values()) {
        if (when === Number.POSITIVE_INFINITY) unanswered++;
        else acknowledged++;
      }
      expect(program.stderr, `round ${count}`).toBe('');
    }
    record(
      'killed server',
      `${rounds} times kill -9 while ${CONNECTIONS} clients stored: ${acknowledged} acknowledged ` +
        `messages, 0 lost, 0 torn, 0 out of order; ${unanswered} more were in flight`,
    );
  },
);

/** Stores on every connection until the server has ended. */
function storeWithoutPause(
  clients: readonly StoringClient[],
  {
    count,
    random,
    round,
    killAfter,
  }: { count: number; random: () => number; round: Map<string, MessageTimes>; killAfter: number },
): { killAfterReached: Promise<void>; ended: Promise<unknown> } {
  let clock = 0;
  let acknowledged = 0;
  let reachKillAfter = () => {};
  const killAfterReached = new Promise<void>((resolve) => {
    reachKillAfter = resolve;
  });
  const storing = async (client: StoringClient, connection: number) => {
    // Far more than are stored before the kill.
    for (let number = 0; number < 100_000; number++) {
      const name = `round ${count} connection ${connection} message ${number}`;
      const message = random() < 0.2 ? name.padEnd(BIG_BYTES, '.x') : name;
      const times = { sent: clock++, acknowledged: Number.POSITIVE_INFINITY };
      round.set(message, times);
      const reply = await client.store(message).catch(() => undefined);
      if (reply === undefined) break;
      expect(reply).toBe('200 OK');
      times.acknowledged = clock++;
      acknowledged++;
      if (acknowledged === killAfter) reachKillAfter();
    }
    client.close();
    // If the server ended by itself, its output shows it.
    reachKillAfter();
  };
  return { killAfterReached, ended: Promise.all(clients.map(storing)) };
}

/** The faults of a history, in words. `kept` is the history before the round. */
function faultsIn(
  history: readonly string[],
  {
    kept,
    round,
    limit,
  }: { kept: readonly string[]; round: Map<string, MessageTimes>; limit: number },
): string[] {
  const faults: string[] = [];
  const found = history.findIndex((message) => round.has(message));
  const firstNew = found === -1 ? history.length : found;
  const old = history.slice(0, firstNew);
  const tail = kept.slice(kept.length - old.length);
  if (old.some((message, index) => message !== tail[index]))
    faults.push('an earlier message was changed');
  const isFull = history.length === limit;
  const maxOld = limit - (history.length - firstNew);
  if (old.length !== Math.min(kept.length, maxOld))
    faults.push(`${old.length} earlier messages are left`);

  let latestSent = -1;
  const seen = new Set<string>();
  for (const message of history.slice(firstNew)) {
    const times = round.get(message);
    if (times === undefined) faults.push(`never sent, or torn: ${message.slice(0, 80)}`);
    else if (times.acknowledged < latestSent) faults.push(`out of order: ${message.slice(0, 80)}`);
    else latestSent = Math.max(latestSent, times.sent);
    if (seen.has(message)) faults.push(`duplicated: ${message.slice(0, 80)}`);
    seen.add(message);
  }

  const oldest = round.get(history[0] ?? '');
  for (const [message, { sent, acknowledged }] of round) {
    if (acknowledged === Number.POSITIVE_INFINITY || seen.has(message)) continue;
    const mayBeDropped = isFull && oldest !== undefined && sent < oldest.acknowledged;
    if (!mayBeDropped) faults.push(`lost: ${message.slice(0, 80)}`);
  }
  return faults;
}
