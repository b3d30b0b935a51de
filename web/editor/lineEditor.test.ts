import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineEditor } from './lineEditor.ts';
import { LineHistory } from './lineHistory.ts';

const LEFT = '\x1b[D';
const RIGHT = '\x1b[C';
const UP = '\x1b[A';
const DOWN = '\x1b[B';
const HOME = '\x1b[H';
const BACKSPACE = '\x7f';
const DELETE = '\x1b[3~';
const CTRL_LEFT = '\x1b[1;5D';
const CTRL_RIGHT = '\x1b[1;5C';
const COMMANDS = ['MSGGET', 'MSGSTORE', 'QUIT'];

function editorWith(lines: string[], ...data: string[]): LineEditor {
  const editor = new LineEditor(new LineHistory(lines));
  editor.startPrompt({ completions: COMMANDS, isSecret: false });
  for (const piece of data) editor.type(piece);
  return editor;
}

function typed(...data: string[]): LineEditor {
  return editorWith([], ...data);
}

/** The line, with `|` for the cursor. */
function withCursor({ line: { text, cursor } }: LineEditor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function linesOf(editor: LineEditor): string[] {
  const lines: string[] = [];
  for (let line = editor.takeLine(); line !== undefined; line = editor.takeLine()) lines.push(line);
  return lines;
}

describe('edits a line', () => {
  test.each([
    ['text goes before the cursor', ['a', 'b'], 'ab|'],
    ['left, then text', ['ab', LEFT, 'x'], 'ax|b'],
    ['right', ['ab', HOME, RIGHT], 'a|b'],
    ['left stops at the start', ['a', LEFT, LEFT, LEFT], '|a'],
    ['right stops at the end', ['a', RIGHT], 'a|'],
    ['Ctrl-B', ['ab', '\x02'], 'a|b'],
    ['Home', ['ab', HOME], '|ab'],
    ['Home in application mode', ['ab', '\x1bOH'], '|ab'],
    ['End', ['ab', HOME, '\x1b[F'], 'ab|'],
    ['Ctrl-A', ['ab', '\x01'], '|ab'],
    ['Ctrl-E', ['ab', '\x01', '\x05'], 'ab|'],
    ['Shift does not change a cursor key', ['ab', '\x1b[1;2D'], 'a|b'],
    ['Ctrl-left moves to the start of a word', ['one two', CTRL_LEFT], 'one |two'],
    ['Alt-left', ['one two', '\x1b[1;3D'], 'one |two'],
    ['Alt-B', ['one, two', '\x1bb', '\x1bb'], '|one, two'],
    ['Ctrl-right moves to the end of a word', ['one two', HOME, CTRL_RIGHT], 'one| two'],
    ['Alt-F', ['one two', HOME, '\x1bf', '\x1bf'], 'one two|'],
    ['words in Chinese', ['今天天气', CTRL_LEFT], '今天|天气'],
    ['Backspace', ['abc', LEFT, BACKSPACE], 'a|c'],
    ['Backspace on an empty line', [BACKSPACE], '|'],
    ['Delete', ['abc', HOME, DELETE], '|bc'],
    ['Delete at the end', ['a', DELETE], 'a|'],
    ['Ctrl-D inside a line deletes', ['abc', HOME, '\x04'], '|bc'],
    ['Ctrl-Delete deletes a word', ['one two', HOME, '\x1b[3;5~'], '| two'],
    ['Alt-D', ['one two', HOME, '\x1bd'], '| two'],
    ['Alt-Backspace', ['one two', '\x1b\x7f'], 'one |'],
    ['Ctrl-Backspace', ['one two', '\b'], 'one |'],
    ['Ctrl-W deletes back to white space', ['one two/three ', '\x17'], 'one |'],
    ['Ctrl-W on spaces', ['  ', '\x17'], '|'],
    ['Ctrl-U deletes everything before the cursor', ['abc', LEFT, '\x15'], '|c'],
    ['Ctrl-K deletes everything after the cursor', ['abc', LEFT, '\x0b'], 'ab|'],
    ['Ctrl-Y inserts the deleted text', ['abc', LEFT, '\x15', '\x05', '\x19'], 'cab|'],
    ['consecutive kills are yanked as one', ['one two', '\x17', '\x17', '\x19'], 'one two|'],
    [
      'consecutive kills in both directions are yanked as one',
      ['ab', LEFT, '\x0b', '\x15', '\x19'],
      'ab|',
    ],
    ['another key separates kills', ['one two', '\x17', RIGHT, '\x17', '\x19'], 'one |'],
    ['a kill of nothing keeps the kill buffer', ['ab', '\x15', 'c', '\x0b', '\x19'], 'cab|'],
  ])('%s', (_rule, data, line) => {
    expect(withCursor(typed(...data))).toBe(line);
  });
});

describe('treats as one character', () => {
  test.each([
    ['a wide character', '漢'],
    ['an emoji with a skin tone and a profession', '👩🏽‍💻'],
    ['a flag', '🇩🇪'],
    ['a letter with a combining mark', 'e\u0301'],
    ['a decomposed Hangul syllable', '한'],
    ['a Devanagari syllable', 'क्षि'],
  ])('%s', (_what, character) => {
    expect(withCursor(typed(`a${character}`, LEFT))).toBe(`a|${character}`);
    expect(withCursor(typed(`a${character}`, LEFT, RIGHT))).toBe(`a${character}|`);
    expect(withCursor(typed(`a${character}`, BACKSPACE))).toBe('a|');
    expect(withCursor(typed(`a${character}`, LEFT, DELETE))).toBe('a|');
  });

  test('a mark and the letter it was typed after', () => {
    expect(withCursor(typed('eb', LEFT, '\u0301'))).toBe('e\u0301|b');
  });

  test('characters that join when the text between them is deleted', () => {
    expect(withCursor(typed('ex\u0301', HOME, RIGHT, DELETE))).toBe('e|');
    expect(withCursor(typed('🇩x🇪', HOME, RIGHT, DELETE))).toBe('🇩🇪|');
  });

  test('every grapheme, after any sequence of keys', () => {
    const keys = fc.constantFrom(
      LEFT,
      RIGHT,
      CTRL_LEFT,
      CTRL_RIGHT,
      BACKSPACE,
      DELETE,
      '\x17',
      '\x19',
    );
    const text = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 3 }),
      fc.constantFrom('\u0301', '🇩', '\u200d'),
    );
    const graphemes = new Intl.Segmenter();
    fc.assert(
      fc.property(fc.array(fc.oneof(keys, text)), (data) => {
        const { text, cursor } = typed(...data).line;
        const starts = Array.from(graphemes.segment(text), ({ index }) => index);
        expect([...starts, text.length]).toContain(cursor);
      }),
    );
  });
});

describe('the editor', () => {
  test('completes a line at Enter, wherever the cursor is', () => {
    const editor = typed('MSG', LEFT, '\r', 'x');
    expect(linesOf(editor)).toEqual(['MSG']);
    expect(withCursor(editor)).toBe('x|');
  });

  test('completes lines from data with several lines', () => {
    expect(linesOf(typed('hello\rthere\r'))).toEqual(['hello', 'there']);
  });

  test.each(['\x1b[200~one\rtwo\r\nthree\nfour\x1b[201~', 'one\rtwo\r\nthree\nfour'])(
    'completes lines from a paste with several lines: %j',
    (paste) => {
      const editor = typed(paste);
      expect(linesOf(editor)).toEqual(['one', 'two', 'three']);
      expect(withCursor(editor)).toBe('four|');
    },
  );

  test('keeps control characters of a paste as text', () => {
    expect(withCursor(typed('\x1b[200~a\tb\x03c\x9bd\x1b[201~'))).toBe('a\tb\x03c\x9bd|');
  });

  test('discards completed lines, but keeps the line being typed', () => {
    const editor = typed('one\rtwo', LEFT);
    editor.discardTypeAhead();
    expect(linesOf(editor)).toEqual([]);
    expect(withCursor(editor)).toBe('tw|o');
  });

  test.each([
    ['F1', '\x1bOP'],
    ['F5', '\x1b[15~'],
    ['Page up', '\x1b[5~'],
    ['Insert', '\x1b[2~'],
    ['Shift-Tab', '\x1b[Z'],
    ['Alt-X', '\x1bx'],
    ['Escape', '\x1b'],
    ['Ctrl-G', '\x07'],
    ['Ctrl-Space', '\x00'],
    ['a response of the terminal', '\x1b[?1;2c\x1b[24;80R\x1bP1$r0m\x1b\\\x1b]10;rgb:0/0/0\x07'],
  ])('ignores %s', (_key, data) => {
    expect(withCursor(typed('a', data))).toBe('a|');
  });
});

describe('requests', () => {
  test('an interrupt at Ctrl-C, and discards the line and type-ahead', () => {
    const editor = typed('one\rtwo');
    expect(editor.type('\x03')).toEqual([{ request: 'interrupt', text: 'two' }]);
    expect(linesOf(editor)).toEqual([]);
    expect(withCursor(editor)).toBe('|');
  });

  test('the end of the session at Ctrl-D on an empty line', () => {
    expect(typed('').type('\x04')).toEqual([{ request: 'endSession' }]);
  });

  test('a clear screen at Ctrl-L, and keeps the line', () => {
    const editor = typed('ab', LEFT);
    expect(editor.type('\f')).toEqual([{ request: 'clearScreen' }]);
    expect(withCursor(editor)).toBe('a|b');
  });
});

describe('Tab', () => {
  test.each([
    ['completes the only word that matches', 'Q', 'QUIT|'],
    ['ignores case', 'qu', 'QUIT|'],
    ['completes the common start of all matches', 'm', 'MSG|'],
    ['keeps a complete word, in upper case', 'msgget', 'MSGGET|'],
    ['keeps a text that no word starts with', 'x', 'x|'],
    ['keeps an empty line', '', '|'],
  ])('%s', (_rule, text, line) => {
    expect(withCursor(typed(text, '\t'))).toBe(line);
  });

  test('lists the words that match', () => {
    expect(typed('MSG').type('\t')).toEqual([
      { request: 'showCompletions', words: ['MSGGET', 'MSGSTORE'] },
    ]);
  });

  test('does nothing inside a line', () => {
    expect(withCursor(typed('qx', LEFT, '\t'))).toBe('q|x');
  });
});

describe('the history', () => {
  const LINES = ['MSGGET', 'MSGSTORE', 'the exam is in room 4'];

  test('is browsed with up and down, and gives back the typed text', () => {
    const editor = editorWith(LINES, 'new');
    const steps = [UP, UP, UP, UP, DOWN, DOWN, DOWN, DOWN].map((key) => {
      editor.type(key);
      return editor.line.text;
    });
    const [get, store, exam] = LINES;
    expect(steps).toEqual([exam, store, get, get, store, exam, 'new', 'new']);
  });

  test('is browsed with Ctrl-P and Ctrl-N', () => {
    expect(withCursor(editorWith(LINES, '\x10', '\x10', '\x0e'))).toBe('the exam is in room 4|');
  });

  test('keeps an edited line as the current one', () => {
    const editor = editorWith(LINES, UP, '!', UP);
    expect(withCursor(editor)).toBe('the exam is in room 4|');
    editor.type(DOWN);
    expect(withCursor(editor)).toBe('the exam is in room 4!|');
  });

  test('is not available for a secret', () => {
    const editor = editorWith(LINES);
    editor.startPrompt({ completions: [], isSecret: true });
    editor.type(UP);
    editor.type('\x12MSG');
    expect(withCursor(editor)).toBe('MSG|');
    expect(editor.search).toBeUndefined();
  });

  test('does not yank deleted text of a secret into the next line', () => {
    const editor = editorWith([]);
    editor.startPrompt({ completions: [], isSecret: true });
    editor.type('123!abc\x15\r');
    editor.startPrompt({ completions: COMMANDS, isSecret: false });
    editor.type('\x19');
    expect(withCursor(editor)).toBe('|');
  });

  test('does not yank deleted text of a secret into a line that is typed ahead', () => {
    const editor = editorWith([]);
    editor.startPrompt({ completions: [], isSecret: true });
    editor.type('123!abc\x15guess\r\x19');
    editor.startPrompt({ completions: COMMANDS, isSecret: false });
    expect(withCursor(editor)).toBe('|');
  });

  test('does not yank deleted text of a secret that was typed before its prompt', () => {
    const editor = editorWith([]);
    editor.startPrompt({ completions: COMMANDS, isSecret: false });
    editor.type('SHUTDOWN\r');
    expect(editor.takeLine()).toBe('SHUTDOWN');
    editor.type('123!abc\x15guess\r\x19');
    expect(withCursor(editor)).toBe('|');
  });

  test('yanks text that was deleted before the command into its message', () => {
    const editor = editorWith([]);
    editor.startPrompt({ completions: COMMANDS, isSecret: false });
    editor.type('Exam in room 4\x15MSGSTORE\r');
    expect(editor.takeLine()).toBe('MSGSTORE');
    editor.startPrompt({ completions: [], isSecret: false });
    editor.type('\x19');
    expect(withCursor(editor)).toBe('Exam in room 4|');
  });
});

describe('Ctrl-R', () => {
  const LINES = ['the exam is in room 4', 'MSGSTORE', 'room 5 is closed', 'MSGGET'];

  test.each([
    ['finds the newest line that contains the query', ['\x12', 'roo', 'm'], '|room 5 is closed'],
    ['finds a command in lower case, as Tab does', ['\x12', 'msgs'], '|MSGSTORE'],
    [
      'finds the next older line when pressed again',
      ['\x12', 'room', '\x12'],
      'the exam is in |room 4',
    ],
    ['searches again after Backspace', ['\x12', 'rooms', BACKSPACE], '|room 5 is closed'],
    ['keeps the last match if there is no other', ['\x12', 'room', 'x'], '|room 5 is closed'],
    ['edits the match after Escape', ['\x12', 'room', '\x1b', 'X'], 'X|room 5 is closed'],
    ['edits the match with any other key', ['\x12', 'room', '\x05', '!'], 'room 5 is closed!|'],
    ['restores the typed line at Ctrl-G', ['old', LEFT, '\x12', 'room', '\x07'], 'ol|d'],
    ['restores the typed line at Ctrl-C', ['old', '\x12', 'room', '\x03'], 'old|'],
  ])('%s', (_rule, data, line) => {
    expect(withCursor(editorWith(LINES, ...data))).toBe(line);
  });

  test('completes the match at Enter', () => {
    const editor = editorWith(LINES, '\x12', 'exam', '\r');
    expect(linesOf(editor)).toEqual(['the exam is in room 4']);
    expect(editor.search).toBeUndefined();
  });

  test('exposes the query, and whether it was found', () => {
    expect(editorWith(LINES, '\x12', 'room').search).toMatchObject({
      query: 'room',
      isFound: true,
    });
    expect(editorWith(LINES, '\x12', 'z').search).toMatchObject({ query: 'z', isFound: false });
    expect(editorWith(LINES, '\x12', 'room', '\x12', '\x12').search).toMatchObject({
      isFound: false,
    });
  });
});
