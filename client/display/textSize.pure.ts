// Sizes a message that stands alone on a screen: as large as it fits. `/board` and the full-screen
// view of the page use it.

/** The largest text, as a part of the shorter side of the screen: a word on a wall. */
const MAX_FONT_SHARE = 0.25;

/** A text that would be smaller is set as a long one, whose words may be broken. */
const MIN_SHORT_FONT_SHARE = 0.06;

/** The smallest text, in CSS pixels. A message that does not fit then is scrolled. */
const MIN_FONT_PX = 16;

export interface SizedText {
  /** Sets how the text is laid out. */
  setLong(isLong: boolean): void;
  setFontPx(fontPx: number): void;
  /** Whether the text fits, as it is set. */
  fits(): boolean;
}

/** Makes a text as large as it fits. */
export function fitText(text: SizedText, shorterSidePx: number): void {
  const maxPx = Math.max(MIN_FONT_PX, Math.floor(shorterSidePx * MAX_FONT_SHARE));
  text.setLong(false);
  if (fitUpTo(text, maxPx) >= shorterSidePx * MIN_SHORT_FONT_SHARE) return;
  text.setLong(true);
  fitUpTo(text, maxPx);
}

/** @returns The size that was set, in CSS pixels. */
function fitUpTo(text: SizedText, maxPx: number): number {
  let fitting = MIN_FONT_PX;
  let tooLarge = maxPx + 1;
  while (tooLarge - fitting > 1) {
    const middle = Math.floor((fitting + tooLarge) / 2);
    text.setFontPx(middle);
    if (text.fits()) fitting = middle;
    else tooLarge = middle;
  }
  text.setFontPx(fitting);
  return fitting;
}
