// Keeps the line being typed while the page is loaded again to log in. Nothing of the page can be
// loaded at that time, so this is not a lazy part.
//
// sessionStorage belongs to this tab and this origin; it survives the visit to a login page.

import type { KeptLine } from './pageState.pure.ts';

/** Loads the page again, which leads to the login of a proxy, and from there back here. */
export function reloadWith(key: string, kept: KeptLine | undefined): void {
  try {
    if (kept) sessionStorage.setItem(key, JSON.stringify(kept));
  } catch {
    // The browser blocks its storage.
  }
  location.reload();
}

/** @returns What was kept, once. */
export function takeKept(key: string): KeptLine | undefined {
  try {
    const kept = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    return kept ? JSON.parse(kept) : undefined;
  } catch {
    return undefined;
  }
}
