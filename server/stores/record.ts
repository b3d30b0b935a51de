// What a store keeps: entries, and cancellations of entries. Both are only ever appended, so every
// store, every replica and every backup is a prefix of the same sequence.

/** When a planned message applies. The times are in milliseconds since 1970 (UTC). */
export interface Window {
  /** Without it, since it was stored. */
  readonly fromMs?: number | undefined;
  /** The first time at which it no longer applies. Without it, it applies forever. */
  readonly untilMs?: number | undefined;
}

/** A message with its time and, if it was planned, its window. */
export interface HistoryEntry extends Window {
  readonly message: string;
  /** When it was stored, in milliseconds since 1970 (UTC). */
  readonly storedAtMs: number;
  /** The user who stored it, if that is known. Plain text. */
  readonly author?: string | undefined;
  /** When it was canceled. Not stored: it follows from the cancellation. */
  readonly canceledAtMs?: number | undefined;
}

/** Ends the window of an entry permanently. */
export interface Cancellation {
  /** The number of the entry. */
  readonly cancels: number;
  readonly storedAtMs: number;
  readonly author?: string | undefined;
}

export type HistoryRecord = HistoryEntry | Cancellation;

export type Numbered<Item extends HistoryRecord = HistoryRecord> = Item & {
  readonly number: number;
};

export function isEntry(record: HistoryRecord): record is HistoryEntry {
  return 'message' in record;
}

/** Whether an entry was planned. */
export function hasWindow({ fromMs, untilMs }: Window): boolean {
  return fromMs !== undefined || untilMs !== undefined;
}
