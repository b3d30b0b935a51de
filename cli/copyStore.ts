// `motd copy-store FROM TO`: takes the history along when the message moves to another store.

import { existsSync } from 'node:fs';
import { consoleLine } from '../server/consoleLine.ts';
import type { History, HistoryEntry } from '../server/history.ts';
import { openStore } from '../server/openStore.ts';
import { reasonOf } from '../server/reason.ts';
import type { MessageStore, StoreEvent } from '../server/store.ts';
import { UnusableStoreError } from '../server/unusableStore.ts';
import { type EtcdOptions, etcdAccessOf } from './etcdOptions.ts';
import { OperatorError } from './operatorError.ts';
import { exitOnceWritten, say } from './output.ts';
import { MAX_HISTORY } from './serverOptions.ts';

/** How many messages are on their way at once; the stores put them together. */
const CHUNK = 100;

/**
 * Copies every message, with its time and in its order. A copy that broke off is made whole by
 * another.
 *
 * @param from What is stored in it from now on stays behind.
 * @param to One that holds nothing, or the beginning of the same history.
 * @throws OperatorError where either is not so.
 */
export async function copyStore(from: string, to: string, options: EtcdOptions): Promise<void> {
  await withStore(existing(from), options, (source) =>
    withStore(lasting(to), options, async (target) => {
      const entries = entriesOf(source.history);
      if (entries.length === 0) throw new OperatorError(`nothing was ever stored in ${from}`);
      const before = entriesOf(target.history);
      if (!isBeginning(before, entries)) {
        throw new OperatorError(`${to} holds another history; name an empty store`);
      }
      await storeAll(target, entries.slice(before.length));
      if (!isBeginning(entries, entriesOf(target.history))) {
        throw new OperatorError(
          `somebody has stored in ${to} meanwhile: its history is mixed; name an empty store`,
        );
      }
      const already = before.length === 0 ? '' : ` (${before.length} were there)`;
      say(`The ${entries.length} messages of ${from} are in ${to}${already}.`);
    }),
  );
  exitOnceWritten();
}

/** A folder that is misspelt would be made, and be empty. */
function existing(url: string): string {
  const [, folder] = /^lmdb:(.+)$/s.exec(url) ?? [];
  if (folder === undefined || existsSync(folder)) return lasting(url);
  throw new OperatorError(`no such store: ${url}`);
}

function lasting(url: string): string {
  if (url !== 'memory:') return url;
  throw new OperatorError('memory: holds nothing that could be copied, and keeps nothing');
}

async function withStore(
  url: string,
  options: EtcdOptions,
  act: (store: MessageStore) => Promise<void>,
): Promise<void> {
  const store = await openStore(url, {
    initialMessage: '',
    historyLimit: MAX_HISTORY,
    etcd: etcdAccessOf(options),
    log: tell,
  }).catch((error: unknown) => {
    throw error instanceof UnusableStoreError
      ? new OperatorError(`${url}: ${error.message.replace('--store', 'its URL')}`, {
          cause: error,
        })
      : error;
  });
  await act(store).finally(() => store.close());
}

/** Says what happens to a store meanwhile; what is copied is no news. */
function tell(event: StoreEvent): void {
  if (event.event === 'updatedElsewhere') return;
  process.stderr.write(`${consoleLine(event)}\n`);
}

async function storeAll(target: MessageStore, entries: readonly HistoryEntry[]): Promise<void> {
  for (let at = 0; at < entries.length; at += CHUNK) {
    const chunk = entries.slice(at, at + CHUNK);
    const stored = chunk.map(({ message, storedAtMs }) => target.store(message, storedAtMs));
    const outcomes = await Promise.allSettled(stored);
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed === undefined) continue;
    throw new OperatorError(
      `${at} messages were copied, then: ${reasonOf(failed.reason)}; say it again to copy the rest`,
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
