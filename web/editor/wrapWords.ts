// Wraps a text between its words. Pure.

import { type CharacterTable, layOut } from './lineLayout.ts';

/**
 * Splits a text into rows. xterm.js itself would break it anywhere.
 *
 * @param columns The width of the screen.
 * @returns The rows, without the spaces at their ends. A word longer than a row is a row of its own.
 */
export function wrapWords(text: string, columns: number, table: CharacterTable): string[] {
  // A full row is followed by another one: with one more column, it is not full.
  const fits = (row: string) =>
    layOut({ prompt: '', text: row, cursor: 0 }, columns + 1, table).rows.length === 1;
  const [first = '', ...words] = text.split(' ');
  const rows: string[] = [];
  let row = first;
  for (const word of words) {
    const longer = `${row} ${word}`;
    if (fits(longer)) row = longer;
    else {
      rows.push(row.trimEnd());
      row = word;
    }
  }
  return [...rows, row];
}
