// Opens the browser's storage for this page.

/**
 * `localStorage`, or `undefined` if the browser blocks it: even reading the property then throws.
 */
export function openStorage(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined;
  }
}
