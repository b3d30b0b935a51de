// Writes a `messages.log` (logFormat.ts). Every write is asynchronous, because a disk may hang; call
// the next function only when the last one has settled.

import { type BigIntStats, close, fstat, ftruncate, open, write } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { hasErrorCode } from '../../../access/systemErrors.ts';
import type { History } from '../history.ts';
import type { Numbered } from '../record.ts';
import { LOG_FILE, NEW_LOG_FILE } from './fileNames.ts';
import {
  BLOCK_BYTES,
  encodeHead,
  encodeRecord,
  FIRST_RECORD_AT,
  type Head,
  type LogRecord,
} from './logFormat.ts';
import { type LogContent, readAt } from './readLog.ts';
import { syncData, syncFile } from './sync.ts';

const closeFile = promisify(close);
const writeTo = promisify(write);
const openFile = promisify(open);
const statFile = promisify(fstat);
const truncate = promisify(ftruncate);

/**
 * How long records may be synced without a head that covers them. Longer than a client pauses that
 * stores one message after another.
 */
export const HEAD_INTERVAL_MS = 10;

/** The most records that are encoded at once, so that a long history does not delay the peers. */
const CHUNK_RECORDS = 256;

const FILE_MODE = 0o600;

/** Another program replaced, removed or changed the file. */
export class FileChangedError extends Error {
  override name = 'FileChangedError';
}

interface OpenedLog extends Pick<LogContent, 'head' | 'headBlock' | 'end' | 'records'> {
  folder: string;
  descriptor: number;
  identity: FileIdentity;
}

/** While a file is open, the system does not give its inode to another one. */
type FileIdentity = Pick<BigIntStats, 'dev' | 'ino'>;

export class LogFile {
  readonly #path: string;
  readonly #descriptor: number;
  readonly #identity: FileIdentity;
  /** The newest head that is synced. */
  #head: Head;
  #headBlock: 0 | 1;
  #headSyncedAtMs = performance.now();
  #end: number;
  #records: number;

  private constructor({ folder, descriptor, identity, head, headBlock, end, records }: OpenedLog) {
    this.#path = join(folder, LOG_FILE);
    this.#descriptor = descriptor;
    this.#identity = identity;
    this.#head = head;
    this.#headBlock = headBlock;
    this.#end = end;
    this.#records = records;
  }

  /**
   * Uses a file that was read, and settles what the last server left: the head, and what follows its
   * `end`. Both may only be in the cache, even if a sync now succeeds: an earlier one may have failed
   * (fileStore.ts, "Failures"). So they are written again. A torn write is removed.
   *
   * @param descriptor Open for reading and writing.
   */
  static async settle(folder: string, descriptor: number, content: LogContent): Promise<LogFile> {
    const identity = await statFile(descriptor, { bigint: true });
    const file = new LogFile({ folder, descriptor, identity, ...content });
    const { head, headBlock, end, size } = content;
    if (size > end) await truncate(descriptor, end);
    await writeAll(descriptor, readAt(descriptor, head.end, end - head.end), head.end);
    await writeAll(descriptor, encodeHead(head), headBlock * BLOCK_BYTES);
    await file.#sync();
    if (file.isHeadBehind) await file.writeHead();
    return file;
  }

  /**
   * Writes a complete file under a temporary name. `install` gives it its name.
   *
   * @param limit How many of the newest records count from now on.
   */
  static async write(folder: string, history: History, limit: number): Promise<LogFile> {
    const path = join(folder, NEW_LOG_FILE);
    await rm(path, { force: true });
    // O_EXCL neither follows a link nor opens what is there (open(2)).
    const descriptor = await openFile(path, 'wx+', FILE_MODE);
    try {
      let end = FIRST_RECORD_AT;
      const records = [...history.after()].map((record) => ({
        ...record,
        isKept: record.number < history.first,
      }));
      for (let at = 0; at < records.length; at += CHUNK_RECORDS) {
        const chunk = encodeRecords(records.slice(at, at + CHUNK_RECORDS));
        await writeAll(descriptor, chunk, end);
        end += chunk.length;
      }
      const head = { sequence: 1, end, history: limit };
      const heads = [encodeHead(head), encodeHead({ ...head, sequence: 0 })];
      await writeAll(descriptor, Buffer.concat(heads), 0);
      await syncFile(descriptor);
      const identity = await statFile(descriptor, { bigint: true });
      const written = { head, headBlock: 0, end, records: records.length } as const;
      return new LogFile({ folder, descriptor, identity, ...written });
    } catch (error) {
      await closeFile(descriptor).catch(() => {});
      // Free its space, which the disk may lack.
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
  }

  /**
   * Gives a file that was just written its name. It is durable only after `syncFolder`.
   *
   * @param replaced Must still have that name. After an error, this file is closed.
   */
  async install(replaced?: LogFile): Promise<void> {
    const path = join(dirname(this.#path), NEW_LOG_FILE);
    try {
      await replaced?.checkInPlace();
      await rename(path, this.#path);
    } catch (error) {
      await this.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
  }

  /** The length of the file, without what a failed write left. */
  get end(): number {
    return this.#end;
  }

  get records(): number {
    return this.#records;
  }

  /** Whether synced records are not covered by the head yet. */
  get isHeadBehind(): boolean {
    return this.#head.end < this.#end;
  }

  /**
   * Checks that the path still names this file, and that its length is unchanged.
   *
   * @throws FileChangedError. Otherwise what `node:fs` throws.
   */
  async checkUnchanged(): Promise<void> {
    await this.checkInPlace(BigInt(this.#end));
  }

  /** As `checkUnchanged`, for any length. */
  async checkInPlace(size?: bigint): Promise<void> {
    const named = await stat(this.#path, { bigint: true }).catch((error: unknown) => {
      if (hasErrorCode(error, ['ENOENT', 'ENOTDIR'])) return undefined;
      throw error;
    });
    if (named === undefined || !isSameFile(named, this.#identity)) {
      throw new FileChangedError(
        `${this.#path} was replaced or deleted while the server ran; put it back, or restart the server`,
      );
    }
    if (size !== undefined && named.size !== size) {
      throw new FileChangedError(
        `${this.#path} was changed by another program while the server ran; put it back, or restart the server`,
      );
    }
  }

  /**
   * Appends records, and with them the head that covers the earlier ones, if that is overdue.
   *
   * @returns When they are synced, and in the file that the path names.
   * @throws If they may not be acknowledged. Call `cutBack` before the next call.
   */
  async append(records: readonly Numbered[]): Promise<void> {
    const bytes = encodeRecords(records.map((record) => ({ ...record, isKept: false })));
    const head = this.#isHeadOverdue() ? await this.#writeNextHead() : undefined;
    await writeAll(this.#descriptor, bytes, this.#end);
    await this.#sync();
    if (head !== undefined) this.#headIsSynced(head);
    await this.checkInPlace();
    this.#end += bytes.length;
    this.#records += records.length;
  }

  /** Writes the head that covers all records. */
  async writeHead(): Promise<void> {
    const head = await this.#writeNextHead();
    await this.#sync();
    this.#headIsSynced(head);
  }

  /** Removes what a failed `append` may have written. */
  async cutBack(): Promise<void> {
    await truncate(this.#descriptor, this.#end);
    await this.#sync();
  }

  async close(): Promise<void> {
    await closeFile(this.#descriptor);
  }

  #isHeadOverdue(): boolean {
    return this.isHeadBehind && performance.now() - this.#headSyncedAtMs > HEAD_INTERVAL_MS;
  }

  async #writeNextHead(): Promise<Head> {
    const head = { ...this.#head, sequence: this.#head.sequence + 1, end: this.#end };
    await writeAll(this.#descriptor, encodeHead(head), (1 - this.#headBlock) * BLOCK_BYTES);
    return head;
  }

  #headIsSynced(head: Head): void {
    this.#head = head;
    this.#headBlock = this.#headBlock === 0 ? 1 : 0;
    this.#headSyncedAtMs = performance.now();
  }

  #sync(): Promise<void> {
    return syncData(this.#descriptor);
  }
}

function encodeRecords(records: readonly LogRecord[]): Buffer {
  return Buffer.concat(records.map(encodeRecord));
}

/** write(2) may write less than asked, for example before the disk is full. */
async function writeAll(descriptor: number, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    const left = bytes.length - written;
    const { bytesWritten } = await writeTo(descriptor, bytes, written, left, position + written);
    written += bytesWritten;
  }
}

function isSameFile(one: FileIdentity, other: FileIdentity): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}
