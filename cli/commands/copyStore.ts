// `motd copy-store FROM TO`: takes the history along when the message moves to another store.

import { consoleLine } from '../../server/consoleLine.ts';
import { errorMessage } from '../../server/errorMessage.ts';
import type { History, HistoryEntry } from '../../server/stores/history.ts';
import { readLmdbReadOnly } from '../../server/stores/lmdb/lmdbReadOnly.ts';
import { folderOf, openStore } from '../../server/stores/openStore.ts';
import type { MessageStore, StoreEvent } from '../../server/stores/store.ts';
import { StoreOpenError } from '../../server/stores/storeOpenError.ts';
import { CliError, printToStderr } from '../cliError.ts';
import { type EtcdOptions, etcdCredentialsOf } from '../options/etcdOptions.ts';
import { MAX_HISTORY } from '../options/serverOptions.ts';
import { flushAndExit, say } from '../output.ts';

/** How many messages are on their way at once; the stores put them together. */
const CHUNK = 100;

/**
 * Copies every message, with its time and in its order. A copy that broke off is made whole by
 * another.
 *
 * @param from It is only read. What is stored in it from now on stays behind.
 * @param to One that holds nothing, or the beginning of the same history.
 * @throws CliError if there is nothing to read, or `to` holds something else.
 */
export async function copyStore(from: string, to: string, options: EtcdOptions): Promise<void> {
  const entries = await entriesIn(lasting(from), options);
  if (entries.length === 0) throw new CliError(`nothing was ever stored in ${from}`);
  await withStore(lasting(to), options, async (target) => {
    const before = entriesOf(target.history);
    if (!isBeginning(before, entries)) {
      throw new CliError(`${to} holds another history; name an empty store`);
    }
    await storeAll(target, entries.slice(before.length));
    if (!isBeginning(entries, entriesOf(target.history))) {
      throw new CliError(
        `somebody has stored in ${to} meanwhile: its history is mixed; name an empty store`,
      );
    }
    const already = before.length === 0 ? '' : ` (${before.length} were there)`;
    say(`The ${entries.length} messages of ${from} are in ${to}${already}.`);
  });
  flushAndExit();
}

/** What a store holds, oldest first. Nothing is changed in it, so it may be one that only can be read. */
async function entriesIn(url: string, options: EtcdOptions): Promise<readonly HistoryEntry[]> {
  const folder = folderOf(url);
  if (folder === undefined) return entriesInShared(url, options);
  const { entries, isInUse } = await readLmdbReadOnly(folder).catch(throwUnusable(url));
  if (isInUse) {
    printToStderr(
      `warning: ${url} is in use by a server; what it stores from now on is not copied`,
    );
  }
  return entries.slice(-MAX_HISTORY);
}

async function entriesInShared(url: string, options: EtcdOptions): Promise<HistoryEntry[]> {
  let entries: HistoryEntry[] = [];
  await withStore(url, options, async ({ history }) => {
    entries = entriesOf(history);
  });
  return entries;
}

function lasting(url: string): string {
  if (url !== 'memory:') return url;
  throw new CliError('memory: holds nothing that could be copied, and keeps nothing');
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
    log: tell,
  }).catch(throwUnusable(url));
  await act(store).finally(() => store.close());
}

function throwUnusable(url: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof StoreOpenError)) throw error;
    const message = `${url}: ${error.message.replace('--store', 'its URL')}`;
    throw new CliError(message, { cause: error });
  };
}

/** Says what happens to a store meanwhile; what is copied is no news. */
function tell(event: StoreEvent): void {
  if (event.event === 'updatedRemotely') return;
  process.stderr.write(`${consoleLine(event)}\n`);
}

async function storeAll(target: MessageStore, entries: readonly HistoryEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += CHUNK) {
    const chunk = entries.slice(at, at + CHUNK);
    const stored = chunk.map(({ message, storedAtMs }) => target.store(message, storedAtMs));
    const outcomes = await Promise.allSettled(stored);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) continue;
    throw new CliError(
      `${at} messages were copied, then: ${errorMessage(failed.reason)}; run the command again to copy the rest`,
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

function isBeginning(beginning: readonly HistoryEntry[], whole: readonly HistoryEntry[]): boolean {
  return beginning.every(({ message, storedAtMs }, index) => {
    const other = whole[index];
    return other?.message === message && other.storedAtMs === storedAtMs;
  });
}
