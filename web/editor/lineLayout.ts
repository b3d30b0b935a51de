// Computes the cell of each character of a line on a screen of a given width. Pure.
//
// It follows xterm.js 6 (InputHandler.print): a character that does not fit starts the next row. A
// character that joins the one before takes no cell of its own, unless it widens that cell; the two
// then may move to the next row. Which characters join, and their widths, come from the table that
// xterm.js itself uses. linePainter.test.ts compares the layout with what xterm.js shows.

import { escapeControls } from '../../protocol/plainText.ts';

/** The part of xterm's IUnicodeVersionProvider that has the widths. */
export interface CharacterTable {
  /**
   * @param preceding The result for the character before, or 0.
   * @returns Bit 0: whether the character joins the one before. Bits 1 and 2: its width in cells,
   *   with what it joins. The other bits are private to the table.
   */
  charProperties(codePoint: number, preceding: number): number;
}

/** In cells, from 0. */
export interface CellPosition {
  row: number;
  column: number;
}

/** The parts of the prompt and of the text on one row. */
export interface LayoutRow {
  prompt: string;
  text: string;
}

export interface LineLayout {
  /** Every row but the last is full. A full row is always followed by another one. */
  rows: readonly LayoutRow[];
  cursor: CellPosition;
}

/** A prompt and the line typed after it. */
export interface PromptLine {
  /** Its last character never joins the first one of the text. */
  prompt: string;
  /** Control characters are shown escaped, in the prompt, too. */
  text: string;
  /** An offset in the text, in UTF-16 units. */
  cursor: number;
  /** Whether an exchange begins with the prompt (marks.ts). */
  startsExchange?: boolean;
}

const TAB_STOP = 8;

/**
 * Lays out a prompt and its line.
 *
 * @param columns The width of the screen: 2 or more.
 */
export function layOut(line: PromptLine, columns: number, table: CharacterTable): LineLayout {
  const printer = new Printer(columns, table);
  for (const character of line.prompt) printer.print(drawnText(character, printer.width), 'prompt');
  printer.endJoin();
  let cursor: CellPosition | undefined;
  let offset = 0;
  for (const character of line.text) {
    const start = printer.print(drawnText(character, printer.width), 'text');
    if (offset >= line.cursor) cursor ??= start;
    offset += character.length;
  }
  const end = printer.end();
  return { rows: printer.rows, cursor: cursor ?? end };
}

/**
 * The text to draw for a character. xterm.js drops a byte order mark, and replaces a lone
 * surrogate.
 */
function drawnText(character: string, column: number): string {
  if (character >= ' ' && character <= '~') return character;
  if (character === '\t') return spacesToTabStop(column);
  return escapeControls(character)
    .replace(/\p{Cs}/u, '\ufffd')
    .replace('\ufeff', '');
}

function spacesToTabStop(column: number): string {
  return ' '.repeat(TAB_STOP - (column % TAB_STOP));
}

/** SGR sequences, which take no cell, a tab, or other text (ECMA-48, section 8.3.117). */
const PART = /\x1b\[[\d;]*m|\t|[^\x1b\t]+/g;

/**
 * Replaces tabs by spaces, as `layOut` does. xterm.js itself would leave out those that do not fit
 * into a row.
 *
 * @param text May contain SGR sequences.
 */
export function expandTabs(text: string, table: CharacterTable): string {
  if (!text.includes('\t')) return text;
  const printer = new Printer(Number.POSITIVE_INFINITY, table);
  return text.replace(PART, (part) => {
    if (part.startsWith('\x1b')) {
      printer.endJoin();
      return part;
    }
    const drawn = part === '\t' ? spacesToTabStop(printer.width) : part;
    printer.print(drawn, 'text');
    return drawn;
  });
}

/** Places characters in cells, one after another. */
class Printer {
  readonly #columns: number;
  readonly #table: CharacterTable;
  #row: LayoutRow = { prompt: '', text: '' };
  readonly rows = [this.#row];
  #column = 0;
  #width = 0;
  #preceding = 0;
  /** The characters that share the last cells, and the first of these cells. */
  #joined = { characters: '', start: { row: 0, column: 0 } };

  constructor(columns: number, table: CharacterTable) {
    this.#columns = columns;
    this.#table = table;
  }

  /**
   * The cells of everything that was printed: its column, if the screen had no end. Tab stops are
   * counted from it, so that a line has the same text on a screen of any width.
   */
  get width(): number {
    return this.#width;
  }

  /**
   * @returns The cell of the first character; `undefined` for an empty text. The object is updated
   *   if a later character widens the cell and so moves it to the next row.
   */
  print(text: string, part: keyof LayoutRow): CellPosition | undefined {
    let first: CellPosition | undefined;
    for (const character of text) {
      this.#put(character, part);
      first ??= this.#joined.start;
    }
    return first;
  }

  /** Prevents the next character from joining, as an escape sequence does in xterm.js. */
  endJoin(): void {
    this.#preceding = 0;
  }

  /** @returns The cursor's cell after everything that was printed. */
  end(): CellPosition {
    if (this.#column === this.#columns) this.#nextRow();
    return { row: this.rows.length - 1, column: this.#column };
  }

  #put(character: string, part: keyof LayoutRow): void {
    const before = this.#preceding;
    const properties = this.#table.charProperties(character.codePointAt(0) ?? 0, before);
    this.#preceding = properties;
    const isJoined = (properties & 1) !== 0;
    const width = widthOf(properties);
    const joinedWidth = isJoined ? widthOf(before) : 0;
    const isWrapped = this.#column + width - joinedWidth > this.#columns;
    if (isWrapped) this.#nextRow();
    if (isJoined) {
      if (isWrapped) this.#moveJoined(part);
      this.#joined.characters += character;
    } else {
      const start = { row: this.rows.length - 1, column: this.#column };
      this.#joined = { characters: character, start };
    }
    this.#column = this.#joined.start.column + width;
    this.#width += width - joinedWidth;
    this.#row[part] += character;
  }

  #nextRow(): void {
    this.#row = { prompt: '', text: '' };
    this.rows.push(this.#row);
    this.#column = 0;
  }

  /** Moves the joined characters to the new row if they became too wide for their own. */
  #moveJoined(part: keyof LayoutRow): void {
    const { characters, start } = this.#joined;
    const previous = this.rows[start.row];
    if (previous !== undefined) previous[part] = previous[part].slice(0, -characters.length);
    this.#row[part] = characters;
    start.row = this.rows.length - 1;
    start.column = 0;
  }
}

function widthOf(properties: number): number {
  return (properties >> 1) & 3;
}
