// Where each character of a line stands on a screen of a given width. Pure.
//
// This is how xterm.js 6 prints (its InputHandler.print): a character that does not fit begins the
// next row, and one that joins the last takes no further cell, unless it widens it, which may take
// both to the next row. Which characters join, and how wide they are, is asked of the very table
// xterm uses; linePainter.test.ts compares the two.

import { escapeControls } from '../../protocol/plainText.ts';

/** The part of xterm's IUnicodeVersionProvider that tells widths. */
export interface CharacterTable {
  /**
   * @param preceding What it said of the character before, or 0.
   * @returns Bit 0: it joins the one before; bits 1 and 2: the cells it takes, with what it joins;
   *   the rest is its own.
   */
  charProperties(codePoint: number, preceding: number): number;
}

/** From 0, in cells. */
export interface CellPosition {
  row: number;
  column: number;
}

/** What is written on a row: the end of the prompt, and what of the line follows. */
export interface LayoutRow {
  prompt: string;
  text: string;
}

export interface LineLayout {
  /** Each but the last is full. Behind a full one there is always one more. */
  rows: readonly LayoutRow[];
  cursor: CellPosition;
}

export interface PromptLine {
  /** The line behind it joins nothing of it. */
  prompt: string;
  /** Control characters, here and in the prompt, are shown escaped. */
  text: string;
  /** An offset in the text, in UTF-16 units. */
  cursor: number;
}

const TAB_STOP = 8;

/**
 * Lays out a prompt and the line behind it.
 *
 * @param columns How wide the screen is: 2 or more.
 */
export function layOut(shown: PromptLine, columns: number, table: CharacterTable): LineLayout {
  const printer = new Printer(columns, table);
  for (const character of shown.prompt) printer.print(drawn(character, printer.column), 'prompt');
  printer.endJoin();
  let cursor: CellPosition | undefined;
  let offset = 0;
  for (const character of shown.text) {
    const start = printer.print(drawn(character, printer.column), 'text');
    if (offset >= shown.cursor) cursor ??= start;
    offset += character.length;
  }
  const end = printer.end();
  return { rows: printer.rows, cursor: cursor ?? end };
}

/**
 * What is drawn for a character: xterm draws no byte order mark, and no lone surrogate as it is.
 */
function drawn(character: string, column: number): string {
  if (character >= ' ' && character <= '~') return character;
  if (character === '\t') return ' '.repeat(TAB_STOP - (column % TAB_STOP));
  return escapeControls(character)
    .replace(/\p{Cs}/u, '\ufffd')
    .replace('\ufeff', '');
}

class Printer {
  readonly #columns: number;
  readonly #table: CharacterTable;
  #row: LayoutRow = { prompt: '', text: '' };
  readonly rows = [this.#row];
  #column = 0;
  #preceding = 0;
  /** The characters that share the last cells, and where these begin. */
  #joined = { characters: '', start: { row: 0, column: 0 } };

  constructor(columns: number, table: CharacterTable) {
    this.#columns = columns;
    this.#table = table;
  }

  /** Where the next narrow character stands. */
  get column(): number {
    return this.#column % this.#columns;
  }

  /**
   * @returns Where the first character stands. It moves with it, should a later one widen it;
   *   `undefined` for no character.
   */
  print(text: string, part: keyof LayoutRow): CellPosition | undefined {
    let first: CellPosition | undefined;
    for (const character of text) {
      this.#put(character, part);
      first ??= this.#joined.start;
    }
    return first;
  }

  /** As any escape sequence does: the next character joins nothing. */
  endJoin(): void {
    this.#preceding = 0;
  }

  /** @returns Where the cursor stands behind all of it. */
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
      if (isWrapped) this.#takeAlong(part);
      this.#joined.characters += character;
    } else {
      const start = { row: this.rows.length - 1, column: this.#column };
      this.#joined = { characters: character, start };
    }
    this.#column = this.#joined.start.column + width;
    this.#row[part] += character;
  }

  #nextRow(): void {
    this.#row = { prompt: '', text: '' };
    this.rows.push(this.#row);
    this.#column = 0;
  }

  /** What has become too wide for the row it began on goes to the next one as a whole. */
  #takeAlong(part: keyof LayoutRow): void {
    const { characters, start } = this.#joined;
    const left = this.rows[start.row];
    if (left !== undefined) left[part] = left[part].slice(0, -characters.length);
    this.#row[part] = characters;
    start.row = this.rows.length - 1;
    start.column = 0;
  }
}

function widthOf(properties: number): number {
  return (properties >> 1) & 3;
}
