// The lines of before, as the browser keeps them: for each target its own, passwords never.

import { LineHistory } from '../editor/lineHistory.ts';

/**
 * Reads them; an empty history where there is none, or no storage.
 *
 * @param key Tells one target's lines from another's.
 */
export function readHistory(storage: Storage | undefined, key: string): LineHistory {
  try {
    return new LineHistory(linesIn(storage?.getItem(key) ?? '[]'));
  } catch {
    return new LineHistory();
  }
}

/** Adds lines to them, and to those that another tab may have added since. */
export function keepLines(
  storage: Storage | undefined,
  key: string,
  lines: readonly string[],
): void {
  const history = readHistory(storage, key);
  for (const line of lines) history.add(line);
  try {
    storage?.setItem(key, JSON.stringify(history.lines));
  } catch {
    // Full, or blocked: the lines are not remembered beyond this page.
  }
}

function isLine(value: unknown): value is string {
  return typeof value === 'string' && !/[\r\n]/.test(value);
}

/** Whatever stands there may be anybody's. */
function linesIn(text: string): string[] {
  const value: unknown = JSON.parse(text);
  return Array.isArray(value) ? value.filter(isLine) : [];
}
