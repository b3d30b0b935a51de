// A line of text with a cursor. Pure: every edit returns a new line.
//
// The cursor is an offset in UTF-16 code units. It always stands between two graphemes, the
// characters that a user perceives (Unicode Standard Annex #29): never inside an emoji of several
// code points, or before a combining mark.

export interface EditedLine {
  readonly text: string;
  readonly cursor: number;
}

export const EMPTY_LINE: EditedLine = { text: '', cursor: 0 };

/** Returns the offset to which the cursor moves. */
export type Motion = (line: EditedLine) => number;

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const words = new Intl.Segmenter(undefined, { granularity: 'word' });

export const toStart: Motion = () => 0;

export const toEnd: Motion = ({ text }) => text.length;

export const left: Motion = ({ text, cursor }) =>
  graphemes.segment(text).containing(cursor - 1)?.index ?? 0;

export const right: Motion = ({ text, cursor }) => {
  const next = graphemes.segment(text).containing(cursor);
  return next === undefined ? text.length : next.index + next.segment.length;
};

/** To the start of the word before the cursor; words as in UAX #29, in any script. */
export const wordLeft: Motion = ({ text, cursor }) => {
  let found = 0;
  for (const { index, isWordLike } of words.segment(text)) {
    if (index >= cursor) break;
    if (isWordLike) found = index;
  }
  return found;
};

/** To the end of the current word, or of the next one. */
export const wordRight: Motion = ({ text, cursor }) => {
  for (const { index, segment, isWordLike } of words.segment(text)) {
    const end = index + segment.length;
    if (isWordLike && end > cursor) return end;
  }
  return text.length;
};

/** To the start of the text before the cursor that has no white space (termios(3), VWERASE). */
export const whitespaceLeft: Motion = ({ text, cursor }) => {
  const before = text.slice(0, cursor).trimEnd();
  return before.length - (before.split(/\s/u).at(-1) ?? '').length;
};

/**
 * Makes a line with the cursor at its end, or at an offset. If the offset is inside a grapheme, the
 * cursor moves to the end of it.
 */
export function editedLine(text: string, cursor = text.length): EditedLine {
  const grapheme = graphemes.segment(text).containing(cursor);
  if (grapheme === undefined || grapheme.index === cursor) return { text, cursor };
  return { text, cursor: grapheme.index + grapheme.segment.length };
}

export function move(line: EditedLine, motion: Motion): EditedLine {
  return editedLine(line.text, motion(line));
}

/** Inserts text before the cursor. The text may join its neighbors to one grapheme. */
export function insert({ text, cursor }: EditedLine, added: string): EditedLine {
  return editedLine(text.slice(0, cursor) + added + text.slice(cursor), cursor + added.length);
}

/** Removes the text between the cursor and the target of a motion. */
export function remove(line: EditedLine, motion: Motion): { line: EditedLine; removed: string } {
  const { text, cursor } = line;
  const target = motion(line);
  const from = Math.min(cursor, target);
  const to = Math.max(cursor, target);
  return {
    line: editedLine(text.slice(0, from) + text.slice(to), from),
    removed: text.slice(from, to),
  };
}
