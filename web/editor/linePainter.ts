// Draws the prompt and the line being typed. Pure: it returns what to write to the terminal.
//
// Most changes redraw the whole line: go up to its first row, erase, write, and move the cursor to
// its place. Erasing makes xterm.js render every row below, so what is typed at the end is written
// alone, if it stays on the last row. A line with more rows than the screen is drawn in part, with
// the cursor always in view.
// (Sequences: ECMA-48, sections 8.3.20 CHA, 8.3.22 CUU, 8.3.39 ED, 8.3.41 EL, 8.3.117 SGR.)

import {
  type CharacterTable,
  type LayoutRow,
  type LineLayout,
  layOut,
  type PromptLine,
} from './lineLayout.ts';
import { ANSWERED, EXCHANGE, marked } from './marks.ts';

const PROMPT_STYLE = '\x1b[36m';
const PLAIN = '\x1b[0m';
const ERASE_BELOW = '\x1b[J';
const ERASE_RIGHT = '\x1b[K';

/** Characters that each take one cell, and never join another of them. */
const SEPARATE = /^[ -~\xa1-\xac\xae-\u02ff]*$/;

export interface ScreenSize {
  columns: number;
  rows: number;
}

interface Drawn {
  line: PromptLine;
  layout: LineLayout;
  /** The row of the cursor, from the first row drawn. */
  cursorRow: number;
}

export class LinePainter {
  readonly #table: CharacterTable;
  /** What is on the screen; `undefined` if nothing is drawn. */
  #drawn: Drawn | undefined;
  /** The first row in view, of a line that is taller than the screen. */
  #firstInView = 0;

  constructor(table: CharacterTable) {
    this.#table = table;
  }

  /** Erases the line; the cursor is then where the line started. */
  erase(): string {
    if (this.#drawn === undefined) return '';
    const erased = `${up(this.#drawn.cursorRow)}\r${ERASE_BELOW}`;
    this.#drawn = undefined;
    return erased;
  }

  /**
   * Draws the line in place of the last one. If nothing is drawn, the cursor must be at the start
   * of a row. Call `erase` before the size changes.
   */
  draw(line: PromptLine, { columns, rows }: ScreenSize): string {
    const layout = layOut(line, columns, this.#table);
    const appended = this.#drawn && appendedText(this.#drawn, line, layout);
    const erased = appended === undefined ? this.erase() : '';
    const { row, column } = layout.cursor;
    const first = this.#scrollToCursor(layout, rows);
    const last = Math.min(layout.rows.length, first + rows) - 1;
    this.#drawn = { line, layout, cursorRow: row - first };
    if (appended !== undefined) return appended;
    const mark = line.startsExchange && first === 0 ? marked(EXCHANGE) : '';
    return `${erased}${mark}${drawRows(layout, first, last)}${up(last - row)}\x1b[${column + 1}G`;
  }

  /** Draws the whole line, to stay: what comes next goes below it. Call `erase` first. */
  drawFinal(line: PromptLine, { columns }: ScreenSize): string {
    const { rows } = layOut(line, columns, this.#table);
    this.#firstInView = 0;
    const text = withStyle(rows);
    const answered = line.startsExchange ? `${marked(EXCHANGE)}${text}${marked(ANSWERED)}` : text;
    return `${answered}\r\n`;
  }

  /** Scrolls the view as little as possible, and returns its first row. */
  #scrollToCursor({ rows, cursor }: LineLayout, height: number): number {
    const lowest = Math.max(0, rows.length - height);
    const first = Math.min(this.#firstInView, lowest, cursor.row);
    this.#firstInView = Math.max(first, cursor.row - height + 1);
    return this.#firstInView;
  }
}

/**
 * @returns What to write at the cursor to get from the drawn line to a longer one; `undefined` if
 *   more than the end of the last row changes.
 */
function appendedText(drawn: Drawn, line: PromptLine, { rows }: LineLayout): string | undefined {
  if (!isAtEnd(drawn.line) || !isAtEnd(line) || rows.length !== drawn.layout.rows.length) {
    return undefined;
  }
  if (line.prompt !== drawn.line.prompt || !line.text.startsWith(drawn.line.text)) return undefined;
  const added = line.text.slice(drawn.line.text.length);
  const lastRow = rows.at(-1)?.text ?? '';
  const isAlone = lastRow === `${drawn.layout.rows.at(-1)?.text}${added}`;
  return isAlone && SEPARATE.test(lastRow) ? added : undefined;
}

function isAtEnd({ text, cursor }: PromptLine): boolean {
  return cursor === text.length;
}

/**
 * Writes rows without line breaks, so that xterm.js wraps them and knows that they are one line.
 */
function drawRows(layout: LineLayout, first: number, last: number): string {
  const rows = withStyle(layout.rows.slice(first, last + 1));
  const { length } = layout.rows;
  // After a full row, the cursor moves on only with the next character: write one, and erase it. The
  // escape sequence before it prevents it from joining the last one (UAX #29, GB9b).
  const isBelowFull = last > first && last === length - 1 && isEmpty(layout, last);
  return isBelowFull ? `${rows}${PLAIN} \r${ERASE_RIGHT}` : rows;
}

function withStyle(rows: readonly LayoutRow[]): string {
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
