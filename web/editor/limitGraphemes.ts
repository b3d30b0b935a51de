// Bounds what xterm.js joins in one cell. Pure.
//
// xterm measures what is new in a cell by 32 copies of it (its WidthCache): a letter with 30,000
// combining marks, which any server may send, holds up the page for eight seconds.

import type { CharacterTable } from './lineLayout.ts';

/** UAX #15, section 13: no text in use has more non-starters in a row. */
const MAX_JOINED = 30;

/** What Unicode shows a mark on that has no letter of its own (The Unicode Standard, 2.11). */
const DOTTED_CIRCLE = '\u25cc';

const MAY_JOIN = /[^\0-\u02ff]/;

/**
 * Begins another cell, with a dotted circle, wherever more than 30 characters would join one.
 *
 * @returns The text; as it was, unless there is such a place.
 */
export function limitGraphemes(text: string, table: CharacterTable): string {
  if (text.length <= MAX_JOINED || !MAY_JOIN.test(text)) return text;
  let bounded = '';
  let joined = 0;
  let preceding = 0;
  for (const character of text) {
    const codePoint = character.codePointAt(0) ?? 0;
    let properties = table.charProperties(codePoint, preceding);
    joined = isJoined(properties) ? joined + 1 : 0;
    if (joined > MAX_JOINED) {
      bounded += DOTTED_CIRCLE;
      properties = table.charProperties(codePoint, table.charProperties(0x25cc, 0));
      joined = isJoined(properties) ? 1 : 0;
    }
    bounded += character;
    preceding = properties;
  }
  return bounded;
}

/** Bit 0: it joins the character before (IUnicodeVersionProvider). */
function isJoined(properties: number): boolean {
  return (properties & 1) !== 0;
}
