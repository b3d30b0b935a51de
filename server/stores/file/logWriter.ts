// Decides what is written to `messages.log` and when (fileStore.ts explains why).
//
// States, and the actions in them
//
//   idle         the head covers every record            a message: gathering
//   gathering    let what arrives in this turn join      next
//   appending    check the file, append a batch, sync,   next; file changed: reject it, next;
//                acknowledge it                          failed: cuttingBack
//   cuttingBack  remove what was written of the batch,   next; in doubt: suspect
//                sync, reject the batch
//   headDue      wait for the next message               a message: gathering; none: writingHead
//   writingHead  write the head, sync                    next; failed: suspect
//   compacting   write a new file, replace the old one   next; failed after the rename: suspect
//   suspect      the disk may lack what the cache holds  a message: recovering
//   recovering   as compacting                           next; failed: reject all, suspect
//   closed
//
//   next: too many records: compacting; messages wait: appending; the head is behind: headDue;
//   otherwise idle. If messages wait, suspect becomes recovering at once. `close` waits for idle or
//   suspect; suspect becomes recovering, once; then closed.

import { setImmediate } from 'node:timers/promises';
import { hasErrorCode } from '../../../access/systemErrors.ts';
import type { History } from '../history.ts';
import type { HistoryRecord } from '../record.ts';
import { CONFLICT } from '../store.ts';
import { FileChangedError, HEAD_INTERVAL_MS, LogFile } from './logFile.ts';
import { SyncError, syncFolder } from './sync.ts';

/** The most messages in one batch. */
const MAX_BATCH = 256;

/** A smaller file is not compacted. */
const MIN_COMPACTION_BYTES = 256 * 1024;

interface PendingRecord {
  record: HistoryRecord;
  /** Store it only directly after the record with this number. */
  after: number | undefined;
  resolve: (number: number) => void;
  reject: (reason: unknown) => void;
}

type Batch = readonly PendingRecord[];

type WriterState =
  | { is: 'idle' | 'gathering' | 'appending' | 'writingHead' | 'compacting' }
  | { is: 'cuttingBack'; batch: Batch; error: unknown }
  | { is: 'headDue'; delay: Delay }
  | { is: 'suspect' | 'recovering' | 'closed' };

export interface LogWriterOptions {
  folder: string;
  file: LogFile;
  /** Grows with every record that is stored. */
  history: History;
  historyLimit: number;
  /** Called after the history has grown. */
  onUpdate: () => void;
}

export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #pending: PendingRecord[] = [];
  #file: LogFile;
  #state: WriterState = { is: 'idle' };
  /** Settles when the state is `idle` or `suspect`. */
  #atRest: Promise<void> = Promise.resolve();
  /** Grows after a compaction that failed, so that the next one is not tried with every batch. */
  #minCompactionBytes = MIN_COMPACTION_BYTES;

  constructor(options: LogWriterOptions) {
    this.#options = options;
    this.#file = options.file;
  }

  /** As `MessageStore.append`. */
  append(record: HistoryRecord, after: number | undefined): Promise<number> {
    if (this.#state.is === 'closed') return Promise.reject(new Error('the server is stopping'));
    return new Promise((resolve, reject) => {
      this.#pending.push({ record, after, resolve, reject });
      if (this.#state.is === 'idle') this.#atRest = this.#run({ is: 'gathering' });
      else if (this.#state.is === 'suspect') this.#atRest = this.#run({ is: 'recovering' });
      else if (this.#state.is === 'headDue') this.#state.delay.end();
    });
  }

  /** Waits until everything is stored and covered by the head, and closes the file. */
  async close(): Promise<void> {
    let hasRecovered = false;
    // A message may arrive after the writer has come to rest, and before this function continues.
    while (this.#state.is !== 'idle') {
      if (this.#state.is === 'suspect') {
        if (hasRecovered) break;
        // The file may lack what was acknowledged, or hold what was rejected.
        this.#atRest = this.#run({ is: 'recovering' });
        hasRecovered = true;
      }
      if (this.#state.is === 'headDue') this.#state.delay.end();
      await this.#atRest;
    }
    this.#state = { is: 'closed' };
    await this.#file.close();
  }

  async #run(state: WriterState): Promise<void> {
    this.#state = state;
    while (this.#state.is !== 'idle' && this.#state.is !== 'suspect') {
      const next = await this.#act(this.#state);
      // Between the choice of the next state and here, a message may have arrived.
      this.#state = this.#pending.length > 0 ? withPending(next) : next;
    }
  }

  /** Carries out the action of a state. @returns The next state. */
  async #act(state: WriterState): Promise<WriterState> {
    switch (state.is) {
      case 'gathering':
        await setImmediate();
        return this.#next();
      case 'appending':
        return this.#append(this.#pending.splice(0, MAX_BATCH));
      case 'cuttingBack':
        return this.#cutBack(state.batch, state.error);
      case 'headDue':
        await state.delay.ended;
        return { is: this.#pending.length > 0 ? 'gathering' : 'writingHead' };
      case 'writingHead':
        return this.#writeHead();
      case 'compacting':
        return this.#compact();
      case 'recovering':
        return this.#recover();
      case 'idle':
      case 'suspect':
      case 'closed':
        return state;
      default:
        return state satisfies never;
    }
  }

  #next(): WriterState {
    const { records, end, isHeadBehind } = this.#file;
    const { history, historyLimit } = this.#options;
    const isLarge = records > 2 * (historyLimit + history.keptCount);
    if (isLarge && end > this.#minCompactionBytes) return { is: 'compacting' };
    if (this.#pending.length > 0) return { is: 'appending' };
    if (isHeadBehind) return { is: 'headDue', delay: new Delay(HEAD_INTERVAL_MS) };
    return { is: 'idle' };
  }

  async #append(batch: Batch): Promise<WriterState> {
    try {
      await this.#file.checkUnchanged();
    } catch (error) {
      // Nothing was written, and what another program wrote must not be cut off.
      reject(batch, error);
      return this.#next();
    }
    const { history, onUpdate } = this.#options;
    const numbers = numbersOf(batch, history.last);
    const records = batch.flatMap(({ record }, index) => {
      const number = numbers[index] ?? CONFLICT;
      return number === CONFLICT ? [] : { ...record, number };
    });
    try {
      if (records.length > 0) await this.#file.append(records);
    } catch (error) {
      return { is: 'cuttingBack', batch, error };
    }
    for (const [index, { record, resolve }] of batch.entries()) {
      const number = numbers[index] ?? CONFLICT;
      if (number !== CONFLICT) history.add(record, number);
      resolve(number);
    }
    if (records.length > 0) onUpdate();
    return this.#next();
  }

  async #cutBack(batch: Batch, error: unknown): Promise<WriterState> {
    const isCut = await this.#file.cutBack().then(
      () => true,
      () => false,
    );
    reject(batch, error);
    return isCut && isHarmless(error) ? this.#next() : { is: 'suspect' };
  }

  async #writeHead(): Promise<WriterState> {
    try {
      await this.#file.writeHead();
      return this.#next();
    } catch {
      // No peer waits for it. The next message learns whether the disk works.
      return { is: 'suspect' };
    }
  }

  async #compact(): Promise<WriterState> {
    const old = this.#file;
    try {
      await this.#rewrite();
      this.#minCompactionBytes = MIN_COMPACTION_BYTES;
    } catch {
      if (this.#file !== old) return { is: 'suspect' };
      this.#minCompactionBytes = 2 * this.#file.end;
    }
    return this.#next();
  }

  async #recover(): Promise<WriterState> {
    try {
      await this.#rewrite();
      return this.#next();
    } catch (error) {
      reject(this.#pending.splice(0), error);
      return { is: 'suspect' };
    }
  }

  /** Writes the history to a new file, which replaces the old one. */
  async #rewrite(): Promise<void> {
    const { folder, history, historyLimit } = this.#options;
    const old = this.#file;
    const file = await LogFile.write(folder, history, historyLimit);
    await file.install(old);
    this.#file = file;
    await old.close().catch(() => {});
    await syncFolder(folder);
  }
}

/**
 * @param last The number of the newest record before the batch.
 * @returns The number of each record; `CONFLICT` if it does not come directly after its `after`.
 */
function numbersOf(batch: Batch, last: number): number[] {
  let number = last;
  return batch.map(({ after = number }) => (after === number ? ++number : CONFLICT));
}

/** A state at rest would not notice messages that wait already. */
function withPending(state: WriterState): WriterState {
  if (state.is === 'idle') return { is: 'appending' };
  if (state.is === 'suspect') return { is: 'recovering' };
  if (state.is === 'headDue') state.delay.end();
  return state;
}

function reject(batch: Batch, error: unknown): void {
  for (const { reject } of batch) reject(error);
}

/** Whether the file is as good as before, once it is cut back. */
function isHarmless(error: unknown): boolean {
  if (error instanceof SyncError) return false;
  return error instanceof FileChangedError || hasErrorCode(error, ['ENOSPC', 'EDQUOT']);
}

/** A wait that can be ended early. */
class Delay {
  readonly ended: Promise<void>;
  readonly #end: () => void;

  constructor(ms: number) {
    let end = () => {};
    this.ended = new Promise((resolve) => {
      end = resolve;
    });
    const timer = setTimeout(() => end(), ms);
    this.#end = () => {
      clearTimeout(timer);
      end();
    };
  }

  end(): void {
    this.#end();
  }
}
