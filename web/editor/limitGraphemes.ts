// Limits how many characters xterm.js joins in one cell. Pure.
//
// xterm.js measures the content of a new kind of cell by rendering 32 copies of it (its
// WidthCache). A letter with 30,000 combining marks, which any server may send, blocks the page for
// eight seconds.

import type { CharacterTable } from './lineLayout.ts';

/** UAX #15, section 13: no text in use has more combining marks in a row. */
const MAX_JOINED = 30;

/** Unicode's base for a mark without a letter (The Unicode Standard, 2.11). */
const DOTTED_CIRCLE = '\u25cc';

const MAY_JOIN = /[^\0-\u02ff]/;

/**
 * Inserts a dotted circle, and so starts another cell, wherever more than 30 characters would join.
 *
 * @returns The same text, unless there is such a place.
 */
export function limitGraphemes(text: string, table: CharacterTable): string {
  if (text.length <= MAX_JOINED || !MAY_JOIN.test(text)) return text;
  let limited = '';
  let joined = 0;
  let preceding = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    let properties = table.charProperties(codePoint, preceding);
    joined = isJoined(properties) ? joined + 1 : 0;
    if (joined > MAX_JOINED) {
      limited += DOTTED_CIRCLE;
      properties = table.charProperties(codePoint, table.charProperties(0x25cc, 0));
      joined = isJoined(properties) ? 1 : 0;
    }
    limited += character;
    preceding = properties;
  }
  return limited;
}

/** Bit 0: the character joins the one before it (IUnicodeVersionProvider). */
function isJoined(properties: number): boolean {
  return (properties & 1) !== 0;
}
