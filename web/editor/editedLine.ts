// A line of text and the place of the cursor in it. Pure: every edit gives another line.
//
// The cursor is an offset in UTF-16 units and stands between two graphemes, the characters a person
// sees (Unicode Standard Annex #29): never within an emoji of several code points, nor before a
// mark that combines.

export interface EditedLine {
  readonly text: string;
  readonly cursor: number;
}

export const EMPTY_LINE: EditedLine = { text: '', cursor: 0 };

/** Where a motion from the cursor of a line leads. */
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

/** To the beginning of the word before the cursor; words are those of UAX #29, in any script. */
export const wordLeft: Motion = ({ text, cursor }) => {
  let found = 0;
  for (const { index, isWordLike } of words.segment(text)) {
    if (index >= cursor) break;
    if (isWordLike) found = index;
  }
  return found;
};

/** To the end of the word the cursor is in, or of the next one. */
export const wordRight: Motion = ({ text, cursor }) => {
  for (const { index, segment, isWordLike } of words.segment(text)) {
    const end = index + segment.length;
    if (isWordLike && end > cursor) return end;
  }
  return text.length;
};

/** To the beginning of what stands between white space before the cursor (termios(3), VWERASE). */
export const blankLeft: Motion = ({ text, cursor }) => {
  const before = text.slice(0, cursor).trimEnd();
  return before.length - (before.split(/\s/u).at(-1) ?? '').length;
};

/**
 * A line with the cursor behind all of it, or at an offset; within a character, it is behind that.
 */
export function editedLine(text: string, cursor = text.length): EditedLine {
  const around = graphemes.segment(text).containing(cursor);
  if (around === undefined || around.index === cursor) return { text, cursor };
  return { text, cursor: around.index + around.segment.length };
}

export function move(line: EditedLine, motion: Motion): EditedLine {
  return editedLine(line.text, motion(line));
}

/** Puts text in at the cursor, which then stands behind it. What meets can become one character. */
export function insert({ text, cursor }: EditedLine, added: string): EditedLine {
  return editedLine(text.slice(0, cursor) + added + text.slice(cursor), cursor + added.length);
}

/** Takes out what is between the cursor and where a motion leads. */
export function cut(line: EditedLine, motion: Motion): { line: EditedLine; cut: string } {
  const { text, cursor } = line;
  const other = motion(line);
  const from = Math.min(cursor, other);
  const to = Math.max(cursor, other);
  return {
    line: editedLine(text.slice(0, from) + text.slice(to), from),
    cut: text.slice(from, to),
  };
}
