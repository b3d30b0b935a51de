// Stores the lines that were typed, in the browser and for each target separately. Passwords are
// never passed to it.

import { LineHistory } from '../editor/lineHistory.ts';

/**
 * Loads the history; an empty one if there is none, or no storage.
 *
 * @param key Identifies the target.
 */
export function loadHistory(storage: Storage | undefined, key: string): LineHistory {
  try {
    return new LineHistory(parseLines(storage?.getItem(key) ?? '[]'));
  } catch {
    return new LineHistory();
  }
}

/** Appends lines to the stored history, which other tabs may have extended since it was loaded. */
export function storeLines(
  storage: Storage | undefined,
  key: string,
  lines: readonly string[],
): void {
  const history = loadHistory(storage, key);
  for (const line of lines) history.add(line);
  try {
    storage?.setItem(key, JSON.stringify(history.lines));
  } catch {
    // Full or blocked: the history lasts as long as the page is open.
  }
}

/** Skips entries that are not a line: another program may have written to the key. */
function parseLines(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter(isLine) : [];
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\r\n]/.test(value);
}
