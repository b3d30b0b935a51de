// What a touch screen needs. Loaded on a device that has one.

import type { Screen } from './screen.ts';
import { fitAboveTouchKeyboard } from './touchKeyboard.ts';
import { scrollByTouch } from './touchScroll.ts';

export function supportTouch(
  terminal: HTMLElement,
  screen: Pick<Screen, 'scrollLines' | 'rowHeight'>,
): void {
  scrollByTouch(
    terminal,
    (lines) => screen.scrollLines(lines),
    () => screen.rowHeight,
  );
  fitAboveTouchKeyboard();
}
