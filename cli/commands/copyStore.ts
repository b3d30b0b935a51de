// `motd copy-store FROM TO`: copies the history to another store.

import { errorMessage } from '../../access/errorMessage.ts';
import { consoleLine } from '../../server/consoleLine.ts';
import { readReadOnly, type StoredEntries } from '../../server/stores/file/readOnly.ts';
import type { History, HistoryEntry } from '../../server/stores/history.ts';
import { folderOf, openStore } from '../../server/stores/openStore.ts';
import type { MessageStore, StoreEvent } from '../../server/stores/store.ts';
import { StoreOpenError } from '../../server/stores/storeOpenError.ts';
import { CliError, printToStderr } from '../cliError.ts';
import { type EtcdOptions, etcdCredentialsOf } from '../options/etcdOptions.ts';
import { MAX_HISTORY } from '../options/serverOptions.ts';
import { flushAndExit, printLine } from '../output.ts';

/** The number of messages that a store writes in one transaction. */
const CHUNK_SIZE = 100;

/**
 * Copies every message, with its time, in its order. After an interruption, run it again to
 * complete the copy.
 *
 * @param from Only read. Messages stored in it from now on are not copied.
 * @param to Empty, or holds the beginning of the same history.
 * @throws CliError if there is nothing to copy, or `to` holds another history.
 */
export async function copyStore(from: string, to: string, options: EtcdOptions): Promise<void> {
  const entries = await readEntries(requirePersistent(from), options);
  if (entries.length === 0) throw new CliError(`nothing to copy: ${from} is empty`);
  await withStore(requirePersistent(to), options, async (target) => {
    const existing = entriesOf(target.history);
    if (!isPrefix(existing, entries)) {
      throw new CliError(`${to} holds another history; pass an empty store as TO`);
    }
    await storeAll(target, entries.slice(existing.length));
    if (!isPrefix(entries, entriesOf(target.history))) {
      throw new CliError(
        `a client stored a message in ${to} during the copy, so its history is mixed; pass an empty store as TO`,
      );
    }
    printLine(describeCopy(entries.length - existing.length, existing.length, from, to));
  });
  flushAndExit();
}

function describeCopy(copied: number, existing: number, from: string, to: string): string {
  const count = `${copied} ${copied === 1 ? 'message' : 'messages'}`;
  const before =
    existing === 0 ? '' : `; ${existing} ${existing === 1 ? 'was' : 'were'} there before`;
  return `Copied ${count} from ${from} to ${to}${before}.`;
}

/** Reads all entries, oldest first. The store of a folder is not changed, so it may be read-only. */
async function readEntries(url: string, options: EtcdOptions): Promise<readonly HistoryEntry[]> {
  const folder = folderOf(url);
  if (folder === undefined) return readSharedEntries(url, options);
  const { entries, isInUse } = readFolder(folder, url);
  if (isInUse) {
    printToStderr(
      `warning: ${url} is in use by a server; messages stored from now on are not copied`,
    );
  }
  return entries.slice(-MAX_HISTORY);
}

function readFolder(folder: string, url: string): StoredEntries {
  try {
    return readReadOnly(folder);
  } catch (error) {
    return throwOpenError(url)(error);
  }
}

async function readSharedEntries(url: string, options: EtcdOptions): Promise<HistoryEntry[]> {
  let entries: HistoryEntry[] = [];
  await withStore(url, options, async ({ history }) => {
    entries = entriesOf(history);
  });
  return entries;
}

function requirePersistent(url: string): string {
  if (url !== 'memory:') return url;
  throw new CliError('memory: is not persistent; pass a file: or etcd:// store');
}

async function withStore(
  url: string,
  options: EtcdOptions,
  act: (store: MessageStore) => Promise<void>,
): Promise<void> {
  const store = await openStore(url, {
    initialMessage: '',
    historyLimit: MAX_HISTORY,
    etcd: etcdCredentialsOf(options),
    log: logEvent,
  }).catch(throwOpenError(url));
  await act(store).finally(() => store.close());
}

function throwOpenError(url: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StoreOpenError)) throw error;
    const message = `${url}: ${error.message.replace('--store', 'its URL')}`;
    throw new CliError(message, { cause: error });
  };
}

/** Logs what happens to a store during the copy, except for the messages copied. */
function logEvent(event: StoreEvent): void {
  if (event.event === 'updatedRemotely') return;
  process.stderr.write(`${consoleLine(event)}\n`);
}

async function storeAll(target: MessageStore, entries: readonly HistoryEntry[]): Promise<void> {
  for (let copied = 0; copied < entries.length; copied += CHUNK_SIZE) {
    const chunk = entries.slice(copied, copied + CHUNK_SIZE);
    const stored = chunk.map(({ message, storedAtMs }) => target.store(message, storedAtMs));
    const outcomes = await Promise.allSettled(stored);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) continue;
    throw new CliError(
      `${copied} messages were copied, then: ${errorMessage(failed.reason)}; run the command again to copy the rest`,
    );
  }
}

function entriesOf(history: History): HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (let number = history.first; number <= history.last; number++) {
    const entry = history.at(number);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function isPrefix(prefix: readonly HistoryEntry[], whole: readonly HistoryEntry[]): boolean {
  return prefix.every(({ message, storedAtMs }, index) => {
    const other = whole[index];
    return other?.message === message && other.storedAtMs === storedAtMs;
  });
}
