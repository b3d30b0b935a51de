// The system calls of a store, in order: the record of the message, fdatasync, and only then the
// `200 OK`.

import { join } from 'node:path';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { StoringClient } from './storingClient.ts';
import { startStoring, test } from './storingServer.ts';
import { callsIn, canTrace, resultOf, type SystemCall, tracing } from './strace.ts';

test.skip(!canTrace, 'no strace on this machine, or it may not trace');

const WRITES = ['write', 'writev', 'pwrite64', 'pwritev', 'sendto', 'sendmsg'];
const SYNCS = ['fdatasync', 'fsync'];
const MARK = /c\d+n\d+\./g;

/**
 * Four clients that store one message after another, mostly with a sync each; fifty that share
 * syncs.
 */
const LOADS = [
  { connections: 4, stores: scaled(100, 2000) },
  { connections: 50, stores: scaled(500, 8000) },
];

for (const { connections, stores } of LOADS) {
  test(
    `sends every 200 OK after its sync: ${connections} connections`,
    QUICK,
    async ({ folder }) => {
      test.setTimeout(60_000 + stores * 100);
      const trace = join(folder, 'trace');
      const data = join(folder, 'store', 'messages.log');
      const { program, port } = await startStoring(join(folder, 'store'), {
        under: tracing(trace, [...WRITES, ...SYNCS]),
      });
      const each = stores / connections;
      const marksOf = new Map<number, string[]>();
      const storeAll = async (_: unknown, number: number) => {
        const client = await StoringClient.connect(port);
        const marks = Array.from({ length: each }, (_, n) => `c${number}n${n}.`);
        marksOf.set(client.port, marks);
        for (const [n, mark] of marks.entries()) {
          expect(await client.store(n % 10 === 0 ? mark.padEnd(4000, 'x') : mark)).toBe('200 OK');
        }
        client.close();
      };
      await Promise.all(Array.from({ length: connections }, storeAll));
      expect(await program.stop()).toBe(0);
      expect(program.stderr).toBe('');

      const analysis = new TraceAnalysis(data, join(folder, 'store'));
      for await (const call of callsIn(trace)) analysis.add(call);
      expect(analysis.folderSynced, 'the new folder was synced before the first answer').toBe(true);
      const { early, checked } = analysis.answersBeforeTheirSync(marksOf);
      expect(early).toEqual([]);
      expect(checked).toBe(stores);
      const perSync = (stores / analysis.syncs.length).toFixed(1);
      record(
        'synced writes',
        `${connections} simultaneous clients: ${checked} acknowledged messages, 0 answers before their ` +
          `sync; ${perSync} messages for each fdatasync`,
      );
    },
  );
}

/** Collects the relevant calls of a trace. */
class TraceAnalysis {
  /** Successful syncs of the data file. */
  readonly syncs: SystemCall[] = [];
  /** Whether the folder was synced before the first answer. */
  folderSynced = false;
  readonly #data: string;
  readonly #folder: string;
  readonly #writtenAt = new Map<string, number>();
  /** The trace line at which the sending of each `200 OK` began, by the client's port. */
  readonly #answers = new Map<number, number[]>();

  constructor(data: string, folder: string) {
    this.#data = data;
    this.#folder = folder;
  }

  add(call: SystemCall): void {
    const { name, words } = call;
    const result = resultOf(call);
    const { what = '' } = /^\d+<(?<what>.*?)>(?:,|\)|$)/.exec(words)?.groups ?? {};
    const isDone = result !== undefined && result >= 0;
    if (name === 'fsync' && what === this.#folder && result === 0) {
      // Later ones follow a compaction.
      this.folderSynced ||= this.#answers.size === 0;
    } else if (what === this.#data && isDone) {
      this.#onData(call);
    } else if (WRITES.includes(name)) {
      const { port } = /^TCP:\[.*->127\.0\.0\.1:(?<port>\d+)\]$/.exec(what)?.groups ?? {};
      if (port !== undefined) this.#answered(Number(port), call);
    }
  }

  /**
   * Checks for every message that the write of its record, a sync and its reply follow in this
   * order.
   */
  answersBeforeTheirSync(marksOf: Map<number, string[]>): { early: string[]; checked: number } {
    const early: string[] = [];
    let checked = 0;
    for (const [port, marks] of marksOf) {
      const answers = this.#answers.get(port) ?? [];
      for (const [index, mark] of marks.entries()) {
        // The first of two replies is that to MSGSTORE itself.
        const answer = answers[index * 2 + 1];
        const written = this.#writtenAt.get(mark);
        const sync = firstAfter(this.syncs, written);
        if (answer === undefined || sync === undefined || answer <= sync.end) early.push(mark);
        checked++;
      }
    }
    return { early, checked };
  }

  #onData(call: SystemCall): void {
    if (call.name === 'fdatasync') this.syncs.push(call);
    else if (WRITES.includes(call.name)) {
      for (const [mark] of call.words.matchAll(MARK)) {
        if (!this.#writtenAt.has(mark)) this.#writtenAt.set(mark, call.end);
      }
    }
  }

  #answered(port: number, { words, start }: SystemCall): void {
    const answers = this.#answers.get(port) ?? [];
    this.#answers.set(port, answers);
    for (const _ of words.matchAll(/200 OK\\n/g)) answers.push(start);
  }
}

/** The first call that began after a line of the trace; the calls are in order. */
function firstAfter(
  calls: readonly SystemCall[],
  line = Number.POSITIVE_INFINITY,
): SystemCall | undefined {
  let [low, high] = [0, calls.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((calls[middle]?.start ?? 0) > line) high = middle;
    else low = middle + 1;
  }
  return calls[low];
}
