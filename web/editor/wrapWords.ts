// Wraps a text between its words, and puts the rows together again. Pure.
//
// The end of a row has a mark, U+200E, which is invisible and takes a cell. No other text on the
// screen contains it, because escapeControls (protocol/plainText.ts) escapes it.

import { type CharacterTable, layOut } from './lineLayout.ts';

const MARK = '\u200e';

/** Between the rows of a text, in place of a space. */
export const ROW_END = `${MARK}\r\n`;

/**
 * Splits a text into rows. xterm.js itself would break it anywhere.
 *
 * @param columns The width of the screen. Every row leaves one free, for its end.
 * @returns The rows, which are the text again with a space between each. A word longer than a row is
 *   a row of its own.
 */
export function wrapWords(text: string, columns: number, table: CharacterTable): string[] {
  // A full row is followed by another one.
  const fits = (row: string) =>
    layOut({ prompt: '', text: row, cursor: 0 }, columns, table).rows.length === 1;
  const [first = '', ...words] = text.split(' ');
  const rows: string[] = [];
  let row = first;
  for (const word of words) {
    const longer = `${row} ${word}`;
    if (fits(longer)) row = longer;
    else {
      rows.push(row);
      row = word;
    }
  }
  return [...rows, row];
}

/** Restores the text of a screen, or of a part of it that begins or ends anywhere. */
export function unwrapWords(text: string): string {
  return text.replace(/\u200e\r?\n/g, ' ').replaceAll(MARK, '');
}
