// How tests use a store: as if all it held were messages.

import type { HistoryEntry } from './record.ts';
import type { ServedStore } from './store.ts';

/** Stores a message. @returns Its number. */
export function storeIn(
  store: Pick<ServedStore, 'append'>,
  message: string,
  storedAtMs = Date.now(),
): Promise<number> {
  return store.append({ message, storedAtMs });
}

/** The message in force; `first` if there is none. */
export function messageIn({ history }: Pick<ServedStore, 'history'>): string {
  return history.inForce(Date.now()).entry?.message ?? 'first';
}

/** All messages, oldest first. */
export function messagesIn({ history }: Pick<ServedStore, 'history'>): string[] {
  return entriesIn({ history }).map(({ message }) => message);
}

/** All entries, oldest first, without their numbers. */
export function entriesIn({ history }: Pick<ServedStore, 'history'>): HistoryEntry[] {
  return [...history.after()].map(({ number: _, ...record }) => record as HistoryEntry);
}
