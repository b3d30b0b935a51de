// The store that survives the end of the process and of the machine: `--store file:DIR`.
//
// Goals
//
// A message is acknowledged only after it is synced to disk. A crash at any moment loses no
// acknowledged message. A damaged file is reported at the start, never served and never changed.
// Reading never touches the disk, and no fault of the disk can stop the readers. The file is text:
// `tail` shows it, `cp` backs it up at any moment.
//
// Design
//
//   logFormat  the lines of messages.log      folderLock       one server per folder
//   readLog    reads and checks it            privateFiles     owners and modes
//   logFile    writes it                      exitDespiteHang  for a disk that hangs at the end
//   logWriter  decides what to write when     readOnly         for `motd copy-store`
//   fileNames  names in the folder            convertLmdb      folders of earlier versions
//   sync       syncs files and names          lockHolder       where the server of a folder listens
//
// Records are appended. Those that arrive during a sync wait for the next one, and share it. The
// head that covers a batch is written with one of the next, so that a message costs one sync; if
// none follows, the head is written alone. Until then, about 10 ms, a reader takes the batch for
// one that was perhaps not acknowledged: if its bytes were damaged in that time, or after a crash
// in that time, they would count as a torn write.
//
// If the file holds more than twice as many records as count, and more than 256 KiB, the newest,
// and those that may still be in force, are written to a new file, which replaces it. That waits for
// a message: a start needs no space for it.
//
// Failures
//
// no space        The write fails, but nothing is lost: the file is cut back, and goes on.
// a sync fails    Linux then marks the pages as clean although the disk lacks them, and the next
//                 sync succeeds (https://wiki.postgresql.org/wiki/Fsync_Errors). So no later sync of
//                 this file is trusted. Every entry is written from memory to a new file before
//                 anything more is acknowledged. A write that fails with EIO counts the same.
// 503             The message is not in force, and the file is cut back before the peer gets the
//                 503. Only if that fails too, and the server ends before it can write a new file,
//                 may the message be in force after the restart.
// a crash         A batch whose sync had not returned may be kept, or be lost, or a part of it.
//                 What is kept of it is written and synced again at the next start, for the reason
//                 above, before a peer can read it.
// a power loss    A sector that was being overwritten must hold the old or the new bytes, and those
//                 beside it must not change (https://sqlite.org/psow.html); PostgreSQL's log and
//                 SQLite rely on the same.
// file replaced   The peers get 503, until the file is back or the server restarts. The check after
//                 the sync keeps a message that is in an unlinked file from being acknowledged.
// Windows         It may refuse to replace an open file. Then the file is not compacted, and after a
//                 failed sync the peers get 503 until the server restarts.
// the disk hangs  Reading goes on, storing waits. The server still exits.

import { accessSync, closeSync, constants } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { History } from '../history.ts';
import type { HistoryRecord } from '../record.ts';
import { checkedRecord } from '../recordFields.ts';
import { ALWAYS_FRESH, type MessageStore, type StoreOptions } from '../store.ts';
import { folderOpenError, StoreOpenError } from '../storeOpenError.ts';
import { readLmdbFolder } from './convertLmdb.ts';
import { exitDespiteHang } from './exitDespiteHang.ts';
import { LMDB_DATA_FILE, LOG_FILE } from './fileNames.ts';
import { lockFolder } from './folderLock.ts';
import { LogFile } from './logFile.ts';
import { LogWriter } from './logWriter.ts';
import { openExistingPrivateFile } from './privateFiles.ts';
import { type LogContent, readLog } from './readLog.ts';
import { syncNames } from './sync.ts';

/** A disk that hangs must not delay the server's exit for longer. */
const CLOSE_TIMEOUT_MS = 3000;

/**
 * Opens the store in a folder, and creates it if there is none.
 *
 * @throws StoreOpenError if the folder cannot be used, another server uses it, or its file is
 *   damaged or another program's. The file is then unchanged.
 */
export async function openFileStore(folder: string, options: StoreOptions): Promise<MessageStore> {
  let lock: number | undefined;
  try {
    lock = await lockFolder(folder);
    return new FileStore(lock, await openLog(folder, options), options);
  } catch (error) {
    if (lock !== undefined) closeSync(lock);
    throw error instanceof StoreOpenError ? error : folderOpenError(folder, error);
  }
}

interface OpenedLog {
  folder: string;
  file: LogFile;
  history: History;
}

async function openLog(folder: string, options: StoreOptions): Promise<OpenedLog> {
  const { historyLimit, onRead } = options;
  // To replace the file later, the server must be able to write to the folder.
  accessSync(folder, constants.W_OK);
  const descriptor = openExistingPrivateFile(join(folder, LOG_FILE));
  if (descriptor === undefined) return createLog(folder, options);
  let content: LogContent;
  try {
    content = readLog(descriptor, join(folder, LOG_FILE), onRead);
    // A limit holds for a whole file, so that what it dropped does not return with a higher one.
    if (content.head.history === historyLimit) {
      const file = await LogFile.settle(folder, descriptor, content);
      // The last server may have been killed after it gave the file its name.
      await syncNames(folder);
      return { folder, file, history: content.history };
    }
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  // Before the rename: Windows does not replace a file that is open.
  closeSync(descriptor);
  return replaceLog(folder, content.history.withLimit(historyLimit), historyLimit);
}

async function createLog(
  folder: string,
  { historyLimit, log = () => {} }: StoreOptions,
): Promise<OpenedLog> {
  const converted = await readLmdbFolder(folder, historyLimit);
  const history = converted ?? new History(historyLimit);
  const opened = await replaceLog(folder, history, historyLimit);
  if (converted === undefined) return opened;
  log({
    event: 'storeConverted',
    count: [...history.after()].length,
    from: join(folder, LMDB_DATA_FILE),
  });
  return opened;
}

async function replaceLog(
  folder: string,
  history: History,
  historyLimit: number,
): Promise<OpenedLog> {
  const file = await LogFile.write(folder, history, historyLimit);
  await file.install();
  try {
    await syncNames(folder);
  } catch (error) {
    await file.close().catch(() => {});
    throw error;
  }
  return { folder, file, history };
}

class FileStore implements MessageStore {
  readonly history: History;
  readonly freshness = ALWAYS_FRESH;
  readonly #lock: number;
  readonly #writer: LogWriter;
  readonly #listeners: (() => void)[] = [];
  #closing: Promise<void> | undefined;

  constructor(lock: number, { folder, file, history }: OpenedLog, { historyLimit }: StoreOptions) {
    this.#lock = lock;
    this.history = history;
    this.#writer = new LogWriter({
      folder,
      file,
      history,
      historyLimit,
      onUpdate: () => {
        for (const listener of this.#listeners) listener();
      },
    });
  }

  async append(record: HistoryRecord, after?: number): Promise<number> {
    return this.#writer.append(checkedRecord(record), after);
  }

  onUpdate(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const timeout = setTimeout(CLOSE_TIMEOUT_MS, 'hangs', { ref: false });
    // If it hangs, keep the lock: the system call may still write.
    if ((await Promise.race([this.#writer.close(), timeout])) === 'hangs') exitDespiteHang();
    else closeSync(this.#lock);
  }
}
