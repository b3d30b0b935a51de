// kill -9 at random moments while clients plan, cancel and store messages, and while windows begin
// and end. After every restart, what was acknowledged is there, what was canceled or is over is not
// in force, and the message in force is the one that the entries and the clock determine.

import { setTimeout } from 'node:timers/promises';
import { randomFrom, seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { StoringClient } from './storingClient.ts';
import { startStoring, test } from './storingServer.ts';

const CONNECTIONS = 3;
/** Few, so that most planned entries are older than what the history keeps. */
const HISTORY = 20;
const APPLE = 'An apple a day keeps the doctor away.';
/** How long a round lasts at most: no event marks the middle of a commit. */
const MAX_ROUND_MS = 60;

interface Entry {
  number: number;
  storedAtMs: number;
  fromMs: number | undefined;
  untilMs: number | undefined;
  message: string;
}

/** What a client knows for certain. */
interface Acknowledged {
  planned: Map<number, Entry>;
  canceled: Set<number>;
  /** Cancellations that were sent: they may have been stored. */
  maybeCanceled: Set<number>;
}

test('keeps what is planned, and what is canceled, after kill -9', QUICK, async ({ folder }) => {
  const rounds = scaled(10, 1000);
  test.setTimeout(60_000 + rounds * 5000);
  const random = randomFrom(seed);
  const known: Acknowledged = {
    planned: new Map(),
    canceled: new Set(),
    maybeCanceled: new Set(),
  };
  let changes = 0;
  for (let round = 0; round <= rounds; round++) {
    const { program, port } = await startStoring(folder, { args: ['--history', String(HISTORY)] });
    expect(await faultsOf(port, known), `round ${round}`).toEqual([]);
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => StoringClient.connect(port)),
    );
    const working = clients.map((client, connection) =>
      work(client, { random, known, name: `round ${round} connection ${connection}` }),
    );
    await setTimeout(random() * MAX_ROUND_MS);
    await program.kill();
    for (const count of await Promise.all(working)) changes += count;
    expect(program.stderr, `round ${round}`).toBe('');
  }
  record(
    'killed while planned messages come due',
    `${rounds} times kill -9; ${changes} acknowledged changes, ${known.planned.size} of them planned ` +
      `messages and ${known.canceled.size} cancellations: 0 lost, 0 resurrected`,
  );
});

/** Changes messages until the server has ended. @returns How many changes were acknowledged. */
async function work(
  client: StoringClient,
  { random, known, name }: { random: () => number; known: Acknowledged; name: string },
): Promise<number> {
  const upTo = (limit: number) => Math.floor(random() * limit);
  for (let count = 0; ; count++) {
    try {
      const choice = random();
      if (choice < 0.4) await plan(client, known, `${name} plan ${count}`, upTo);
      else if (choice < 0.6) await cancel(client, known, upTo);
      else expect(await client.store(`${name} message ${count}`)).toBe('200 OK');
    } catch (error) {
      client.close();
      if (/ended/.test(String(error))) return count;
      throw error;
    }
  }
}

async function plan(
  client: StoringClient,
  known: Acknowledged,
  message: string,
  upTo: (limit: number) => number,
): Promise<void> {
  const storedAtMs = Date.now();
  const fromMs = storedAtMs + 20 + upTo(1000);
  const untilMs = upTo(4) === 0 ? fromMs + 3_600_000 : fromMs + 1 + upTo(1000);
  const window = [fromMs, untilMs].map((ms) => new Date(ms).toISOString()).join('/');
  const reply = await client.change('MSGPLAN', `${window} ${message}`);
  if (reply === '507 TOO MANY PLANNED MESSAGES') return;
  const number = Number(/^200 OK (\d+)$/.exec(reply)?.[1]);
  if (!Number.isNaN(number))
    known.planned.set(number, { number, storedAtMs, fromMs, untilMs, message });
  // A busy machine may take longer than the window.
  else expect(reply).toBe('424 BAD TIME: IN THE PAST');
}

async function cancel(
  client: StoringClient,
  known: Acknowledged,
  upTo: (limit: number) => number,
): Promise<void> {
  const numbers = [...known.planned.keys()].slice(-50);
  const number = numbers[upTo(numbers.length)];
  if (number === undefined) return;
  known.maybeCanceled.add(number);
  const reply = await client.change('MSGCANCEL', String(number));
  if (reply === '200 OK') known.canceled.add(number);
  else expect(reply).toBe('404 NO SUCH MESSAGE');
}

/** The faults of what a server holds after its start, in words. */
async function faultsOf(port: number, known: Acknowledged): Promise<string[]> {
  const client = await StoringClient.connect(port);
  const beforeMs = Date.now();
  const { message, lines } = await client.entries();
  const afterMs = Date.now();
  client.close();
  const faults: string[] = [];
  const entries = lines.map(parse);
  const held = new Map(entries.map((entry) => [entry.number, entry]));
  for (const entry of known.planned.values()) {
    const found = held.get(entry.number);
    if (found === undefined) {
      const isOver = (entry.untilMs ?? 0) <= afterMs || isSuperseded(entry, entries);
      const mayBeGone = isOver || known.maybeCanceled.has(entry.number);
      if (!mayBeGone) faults.push(`lost: ${entry.message}`);
      continue;
    }
    if (found.message !== entry.message) faults.push(`changed: ${entry.message}`);
    const isCut = (found.untilMs ?? 0) < (entry.untilMs ?? 0);
    if (known.canceled.has(entry.number) && !isCut && (entry.untilMs ?? 0) > afterMs) {
      faults.push(`resurrected: ${entry.message}`);
    }
  }
  const expected = possibleMessages(entries, beforeMs, afterMs);
  if (!expected.has(message)) faults.push(`in force: ${message}; expected ${[...expected]}`);
  return faults;
}

/** Whether a message without an end was stored after the window had begun. */
function isSuperseded({ fromMs = 0 }: Entry, entries: readonly Entry[]): boolean {
  return entries.some((other) => {
    return other.fromMs === undefined && other.untilMs === undefined && other.storedAtMs >= fromMs;
  });
}

/** The messages that may be in force between two times, by the specification. */
function possibleMessages(entries: readonly Entry[], fromMs: number, untilMs: number): Set<string> {
  const edges = entries.flatMap((entry) => [entry.fromMs ?? 0, entry.untilMs ?? 0]);
  const times = [fromMs, untilMs, ...edges.filter((edge) => edge > fromMs && edge <= untilMs)];
  return new Set(times.map((time) => specified(entries, time)));
}

function specified(entries: readonly Entry[], timeMs: number): string {
  const applying = entries.filter(({ fromMs = timeMs, untilMs = Number.POSITIVE_INFINITY }) => {
    return fromMs <= timeMs && timeMs < untilMs;
  });
  const stored = applying.findLast(({ fromMs }) => fromMs === undefined);
  const begunSince = applying.filter(({ number, fromMs }) => {
    if (fromMs === undefined || stored === undefined) return fromMs !== undefined;
    return number > stored.number || fromMs > stored.storedAtMs;
  });
  const start = ({ fromMs = 0 }: Entry) => fromMs;
  const last = begunSince.sort((a, b) => start(a) - start(b) || a.number - b.number).at(-1);
  return (last ?? stored)?.message ?? APPLE;
}

function parse(line: string): Entry {
  const fields =
    /^(?<number>\d+) (?<stored>\S+) (?<from>\S*)\/(?<until>\S*) - (?<message>.+)$/.exec(
      line,
    )?.groups;
  if (fields === undefined) throw new Error(`not a line of MSGLIST: ${line}`);
  const time = (text = '') => (text === '' ? undefined : Date.parse(text));
  return {
    number: Number(fields['number']),
    storedAtMs: Date.parse(fields['stored'] ?? ''),
    fromMs: time(fields['from']),
    untilMs: time(fields['until']),
    message: fields['message'] ?? '',
  };
}
