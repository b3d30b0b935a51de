// The size of the terminal's text: the one that the user chose, or one that grows with the page.

import type { UserSettings } from './userSettings.ts';

/** In rem (appearance/scale.css): 15 px in a window of up to 1,280 px. */
const DEFAULT_REM = 15 / 16;

/** @returns The size in CSS pixels, an integer. */
export function terminalFontSize(settings: UserSettings): number {
  const root = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return settings.get('fontSize') ?? Math.round(DEFAULT_REM * root);
}
