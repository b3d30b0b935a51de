// `motd copy-store FROM TO`: copies the history to another store.

import { isDeepStrictEqual } from 'node:util';
import { errorMessage } from '../../access/errorMessage.ts';
import { consoleLine } from '../../server/consoleLine.ts';
import { readReadOnly, type StoredHistory } from '../../server/stores/file/readOnly.ts';
import { folderOf, openStore } from '../../server/stores/openStore.ts';
import { isEntry, type Numbered } from '../../server/stores/record.ts';
import { fieldsOf } from '../../server/stores/recordFields.ts';
import type { MessageStore, OnRead, StoreEvent } from '../../server/stores/store.ts';
import { StoreOpenError } from '../../server/stores/storeOpenError.ts';
import { CliError, printToStderr, storeOpenError, UsageError } from '../cliError.ts';
import { type EtcdOptions, etcdCredentialsOf } from '../options/etcdOptions.ts';
import { MAX_HISTORY } from '../options/serverOptions.ts';
import { flushAndExit, printLine } from '../output.ts';
import { type Progress, withProgress } from '../progress.ts';

/** The number of messages that a store writes in one transaction. */
const CHUNK_SIZE = 100;

const READING = 'Reading the store';

/**
 * Copies every record, with its times, in its order. After an interruption, run it again to complete
 * the copy.
 *
 * @param from Only read. Messages stored in it from now on are not copied.
 * @param to Empty, or holds the beginning of the same history.
 * @throws CliError if there is nothing to copy, or `to` holds another history.
 */
export async function copyStore(from: string, to: string, options: EtcdOptions): Promise<void> {
  const records = renumbered(await readRecords(requirePersistent(from), options));
  if (records.length === 0)
    throw new CliError('nothing-to-copy', `nothing to copy: ${from} is empty`);
  await withStore(requirePersistent(to), options, async (target) => {
    const existing = [...target.history.after()];
    if (!isPrefix(existing, records)) {
      throw new CliError('other-history', `${to} holds another history; pass an empty store as TO`);
    }
    await withProgress('Copying', (progress) =>
      storeAll(target, records.slice(existing.length), progress),
    );
    if (!isPrefix(records, [...target.history.after()])) {
      throw new CliError(
        'other-history',
        `a client stored a message in ${to} during the copy, so its history is mixed; pass an empty store as TO`,
      );
    }
    printLine(describeCopy(records.length - existing.length, existing.length, from, to));
  });
  flushAndExit();
}

/** The numbers that the records get in an empty store. What cancels no record of these is left out. */
function renumbered(records: readonly Numbered[]): Numbered[] {
  const numbers = new Map<number, number>();
  const copies: Numbered[] = [];
  for (const record of records) {
    const number = copies.length + 1;
    numbers.set(record.number, number);
    if (isEntry(record)) copies.push({ ...record, number });
    else {
      const cancels = numbers.get(record.cancels);
      if (cancels !== undefined) copies.push({ ...record, cancels, number });
    }
  }
  return copies;
}

function describeCopy(copied: number, existing: number, from: string, to: string): string {
  const count = `${copied} ${copied === 1 ? 'message' : 'messages'}`;
  const before =
    existing === 0 ? '' : `; ${existing} ${existing === 1 ? 'was' : 'were'} there before`;
  return `Copied ${count} from ${from} to ${to}${before}.`;
}

/** Reads all records, oldest first. The store of a folder is not changed, so it may be read-only. */
async function readRecords(url: string, options: EtcdOptions): Promise<Numbered[]> {
  const folder = folderOf(url);
  if (folder === undefined) return readSharedRecords(url, options);
  const { history, isInUse } = await withProgress(READING, async (progress) =>
    readFolder(folder, url, onReadOf(progress)),
  );
  if (isInUse) {
    printToStderr(
      'store-in-use',
      `warning: ${url} is in use by a server; messages stored from now on are not copied`,
    );
  }
  // As many as a target keeps.
  return [...history.withLimit(MAX_HISTORY).after()];
}

function readFolder(folder: string, url: string, onRead: OnRead): StoredHistory {
  try {
    return readReadOnly(folder, onRead);
  } catch (error) {
    return throwOpenError(url)(error);
  }
}

async function readSharedRecords(url: string, options: EtcdOptions): Promise<Numbered[]> {
  let records: Numbered[] = [];
  await withStore(url, options, async ({ history }) => {
    records = [...history.after()];
  });
  return records;
}

function requirePersistent(url: string): string {
  if (url !== 'memory:') return url;
  throw new UsageError(
    'invalid-store-url',
    'memory: is not persistent; pass a file: or etcd:// store',
  );
}

async function withStore(
  url: string,
  options: EtcdOptions,
  act: (store: MessageStore) => Promise<void>,
): Promise<void> {
  const store = await withProgress(READING, (progress) =>
    openStore(url, {
      historyLimit: MAX_HISTORY,
      etcd: etcdCredentialsOf(options),
      log: logEvent,
      onRead: onReadOf(progress),
    }),
  ).catch(throwOpenError(url));
  await act(store).finally(() => store.close());
}

function onReadOf(progress: Progress): OnRead {
  return (bytes, totalBytes) => progress.update(bytes, totalBytes);
}

function throwOpenError(url: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StoreOpenError)) throw error;
    throw storeOpenError(error, `${url}: ${error.message.replace('--store', 'its URL')}`);
  };
}

const COPY_EVENTS: readonly string[] = ['updatedRemotely', 'plannedRemotely', 'canceledRemotely'];

/** Logs what happens to a store during the copy, except for what is copied. */
function logEvent(event: StoreEvent): void {
  if (COPY_EVENTS.includes(event.event)) return;
  process.stderr.write(`${consoleLine(event)}\n`);
}

async function storeAll(
  target: MessageStore,
  records: readonly Numbered[],
  progress: Progress,
): Promise<void> {
  for (let copied = 0; copied < records.length; copied += CHUNK_SIZE) {
    progress.update(copied, records.length);
    const chunk = records.slice(copied, copied + CHUNK_SIZE);
    const stored = chunk.map(({ number: _, ...record }) => target.append(record));
    const outcomes = await Promise.allSettled(stored);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) continue;
    throw new CliError(
      'copy-interrupted',
      `${copied} messages were copied, then: ${errorMessage(failed.reason)}; run the command again to copy the rest`,
    );
  }
}

function isPrefix(prefix: readonly Numbered[], whole: readonly Numbered[]): boolean {
  return prefix.every((record, index) => {
    const other = whole[index];
    return other !== undefined && isDeepStrictEqual(fieldsOf(record), fieldsOf(other));
  });
}
