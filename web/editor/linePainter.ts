// Draws the line being typed, behind its prompt, where the cursor stands. Pure: what is to be
// written to the terminal comes out.
//
// The line is drawn anew, as a whole, each time: up to its first row, erase, write, and back to
// where the cursor belongs. A line of more rows than the screen has is seen through a window that
// the cursor never leaves. (Sequences: ECMA-48, sections 8.3.20 CHA, 8.3.22 CUU, 8.3.39 ED,
// 8.3.41 EL, 8.3.117 SGR.)

import {
  type CharacterTable,
  type LayoutRow,
  type LineLayout,
  layOut,
  type PromptLine,
} from './lineLayout.ts';

const PROMPT_STYLE = '\x1b[36m';
const PLAIN = '\x1b[0m';
const ERASE_BELOW = '\x1b[J';
const ERASE_RIGHT = '\x1b[K';

export interface ScreenSize {
  columns: number;
  rows: number;
}

export class LinePainter {
  readonly #table: CharacterTable;
  /** How many rows the cursor is below the first one drawn; `undefined` while nothing is. */
  #rowsBelow: number | undefined;
  /** The first row seen, of a line that is taller than the screen. */
  #firstSeen = 0;

  constructor(table: CharacterTable) {
    this.#table = table;
  }

  /** Takes the line off the screen; the cursor is then where it began. */
  erase(): string {
    if (this.#rowsBelow === undefined) return '';
    const erased = `${up(this.#rowsBelow)}\r${ERASE_BELOW}`;
    this.#rowsBelow = undefined;
    return erased;
  }

  /**
   * Draws the line in place of the one before; the cursor has to be at the beginning of a row else.
   */
  draw(shown: PromptLine, { columns, rows }: ScreenSize): string {
    const layout = layOut(shown, columns, this.#table);
    const erased = this.erase();
    const { row, column } = layout.cursor;
    const first = this.#firstOfWindow(layout, rows);
    const last = Math.min(layout.rows.length, first + rows) - 1;
    this.#rowsBelow = row - first;
    return `${erased}${written(layout, first, last)}${up(last - row)}\x1b[${column + 1}G`;
  }

  /** Draws the line for good, whole: what comes next stands below it. Erase what is drawn first. */
  drawForGood(shown: PromptLine, { columns }: ScreenSize): string {
    const { rows } = layOut(shown, columns, this.#table);
    this.#firstSeen = 0;
    return `${inStyle(rows)}\r\n`;
  }

  /** The window moves as little as it can. */
  #firstOfWindow({ rows, cursor }: LineLayout, height: number): number {
    const lowest = Math.max(0, rows.length - height);
    const first = Math.min(this.#firstSeen, lowest, cursor.row);
    this.#firstSeen = Math.max(first, cursor.row - height + 1);
    return this.#firstSeen;
  }
}

/** Rows that fill up go on by themselves in the next one, so that xterm knows they are one line. */
function written(layout: LineLayout, first: number, last: number): string {
  const seen = inStyle(layout.rows.slice(first, last + 1));
  const { length } = layout.rows;
  // Behind a full row the cursor waits on it until a character comes: so one does, and goes.
  const isBelowFull = last > first && last === length - 1 && isEmpty(layout, last);
  return isBelowFull ? `${seen} \r${ERASE_RIGHT}` : seen;
}

function inStyle(rows: readonly LayoutRow[]): string {
  const prompt = rows.map((row) => row.prompt).join('');
  const text = rows.map((row) => row.text).join('');
  return `${PROMPT_STYLE}${prompt}${PLAIN}${text}`;
}

function isEmpty({ rows }: LineLayout, index: number): boolean {
  return rows[index]?.prompt === '' && rows[index].text === '';
}

function up(rows: number): string {
  return rows === 0 ? '' : `\x1b[${rows}A`;
}
