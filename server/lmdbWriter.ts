// The store's end of the line to the process that holds the database (lmdbProcess.ts).

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { HistoryEntry } from './history.ts';
import { UnusableStoreError } from './unusableStore.ts';

const PROCESS = fileURLToPath(new URL('./lmdbProcess.js', import.meta.url));

/** What the file holds: consecutive entries, the first of this number. */
export interface Contents {
  first: number;
  entries: HistoryEntry[];
}

/** What to write: entries numbered from `first` on; and none below `oldest` is kept. */
export interface Commit extends Contents {
  oldest: number;
}

/** What the process says: once when it has opened the file, and then once for each commit. */
export type Report =
  | ({ is: 'opened' } & Contents)
  /** The folder cannot be used; in words for the operator. */
  | { is: 'unusable'; why: string }
  /** The commit is on the disk. */
  | { is: 'committed' }
  /** It is not, and the process is of no use any more. */
  | { is: 'failed'; why: string };

/** The process ended without a word. */
interface Gone {
  is: 'gone';
  how: string;
}

type Outcome = Exclude<Report, { is: 'opened' | 'unusable' }> | Gone;

/**
 * Starts the process, and has it open the file in a folder.
 *
 * @throws UnusableStoreError where it cannot.
 */
export async function startWriter(
  folder: string,
): Promise<{ writer: LmdbWriter; contents: Contents }> {
  const child = fork(PROCESS, [folder], {
    execArgv: [],
    serialization: 'advanced',
    // What LMDB has to say of a failure is in the report; what it prints is for its developers.
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.on('error', () => {});
  const report = await nextReport(child);
  if (report.is === 'opened') return { writer: new LmdbWriter(child), contents: report };

  await end(child, 'SIGKILL');
  if (report.is === 'unusable') throw new UnusableStoreError(report.why);
  const how = report.is === 'gone' ? report.how : report.is;
  throw new UnusableStoreError(
    `cannot use ${folder}: the process that reads it ended (${how}); check --store`,
  );
}

export class LmdbWriter {
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** Writes, one commit at a time. @returns Once it is on the disk, or is known not to be. */
  async commit(commit: Commit): Promise<Outcome> {
    const answer = nextReport(this.#child);
    // Where it is gone, 'disconnect' says so.
    if (this.#child.connected) this.#child.send(commit, () => {});
    const report = await answer;
    if (report.is !== 'opened' && report.is !== 'unusable') return report;
    throw new Error(`the process that writes said: ${report.is}`);
  }

  /** Ends the process, at once. */
  kill(): Promise<void> {
    return end(this.#child, 'SIGKILL');
  }

  /** Ends the process, its last commit made. */
  close(): Promise<void> {
    return end(this.#child);
  }
}

function nextReport(child: ChildProcess): Promise<Report | Gone> {
  return new Promise((resolve) => {
    const settle = (report: Report | Gone) => {
      child.off('message', onMessage);
      child.off('disconnect', onDisconnect);
      resolve(report);
    };
    const onMessage = (message: unknown) => settle(message as Report);
    // Not 'exit': by 'disconnect', every report has been read.
    const onDisconnect = async () => {
      await end(child);
      settle({ is: 'gone', how: child.signalCode ?? `status ${child.exitCode}` });
    };
    child.on('message', onMessage);
    child.on('disconnect', onDisconnect);
    if (!child.connected) void onDisconnect();
  });
}

async function end(child: ChildProcess, signal?: 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  if (signal !== undefined) child.kill(signal);
  else if (child.connected) child.disconnect();
  await ended;
}
