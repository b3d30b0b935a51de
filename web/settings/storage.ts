// The browser's memory for this page, where it has one.

/**
 * `localStorage`, or `undefined` where the browser blocks it: it then throws when it is looked at.
 */
export function openStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
