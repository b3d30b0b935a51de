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
const WORDS = ['MSGGET', 'MSGSTORE', 'QUIT'];

function editorWith(lines: string[], ...data: string[]): LineEditor {
  const editor = new LineEditor(new LineHistory(lines));
  editor.ask({ words: WORDS, isSecret: false });
  for (const piece of data) editor.type(piece);
  return editor;
}

function typed(...data: string[]): LineEditor {
  return editorWith([], ...data);
}

/** The line, with a bar for the cursor. */
function seen({ line: { text, cursor } }: LineEditor): string {
  return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

function linesOf(editor: LineEditor): string[] {
  const lines: string[] = [];
  for (let line = editor.takeLine(); line !== undefined; line = editor.takeLine()) lines.push(line);
  return lines;
}

describe('moving and erasing', () => {
  test.each([
    ['what is typed stands before the cursor', ['a', 'b'], 'ab|'],
    ['left, and on', ['ab', LEFT, 'x'], 'ax|b'],
    ['right', ['ab', HOME, RIGHT], 'a|b'],
    ['left stops at the beginning', ['a', LEFT, LEFT, LEFT], '|a'],
    ['right stops at the end', ['a', RIGHT], 'a|'],
    ['Ctrl-B', ['ab', '\x02'], 'a|b'],
    ['Home', ['ab', HOME], '|ab'],
    ['Home in application mode', ['ab', '\x1bOH'], '|ab'],
    ['End', ['ab', HOME, '\x1b[F'], 'ab|'],
    ['Ctrl-A', ['ab', '\x01'], '|ab'],
    ['Ctrl-E', ['ab', '\x01', '\x05'], 'ab|'],
    ['Shift changes nothing about a cursor key', ['ab', '\x1b[1;2D'], 'a|b'],
    ['Ctrl-left goes back a word', ['one two', CTRL_LEFT], 'one |two'],
    ['Alt-left', ['one two', '\x1b[1;3D'], 'one |two'],
    ['Alt-B', ['one, two', '\x1bb', '\x1bb'], '|one, two'],
    ['Ctrl-right goes to the end of a word', ['one two', HOME, CTRL_RIGHT], 'one| two'],
    ['Alt-F', ['one two', HOME, '\x1bf', '\x1bf'], 'one two|'],
    ['Chinese has words, too', ['今天天气', CTRL_LEFT], '今天|天气'],
    ['Backspace', ['abc', LEFT, BACKSPACE], 'a|c'],
    ['Backspace on an empty line', [BACKSPACE], '|'],
    ['Delete', ['abc', HOME, DELETE], '|bc'],
    ['Delete at the end', ['a', DELETE], 'a|'],
    ['Ctrl-D within a line deletes', ['abc', HOME, '\x04'], '|bc'],
    ['Ctrl-Delete takes a word', ['one two', HOME, '\x1b[3;5~'], '| two'],
    ['Alt-D', ['one two', HOME, '\x1bd'], '| two'],
    ['Alt-Backspace', ['one two', '\x1b\x7f'], 'one |'],
    ['Ctrl-Backspace', ['one two', '\b'], 'one |'],
    ['Ctrl-W takes what stands between white space', ['one two/three ', '\x17'], 'one |'],
    ['Ctrl-W on blanks', ['  ', '\x17'], '|'],
    ['Ctrl-U takes what is before the cursor', ['abc', LEFT, '\x15'], '|c'],
    ['Ctrl-K takes what is behind it', ['abc', LEFT, '\x0b'], 'ab|'],
    ['Ctrl-Y brings it back', ['abc', LEFT, '\x15', '\x05', '\x19'], 'cab|'],
    ['kills in a row come back as one', ['one two', '\x17', '\x17', '\x19'], 'one two|'],
    ['in whichever direction', ['ab', LEFT, '\x0b', '\x15', '\x19'], 'ab|'],
    ['a key between them parts them', ['one two', '\x17', RIGHT, '\x17', '\x19'], 'one |'],
    ['a kill of nothing forgets nothing', ['ab', '\x15', 'c', '\x0b', '\x19'], 'cab|'],
  ])('%s', (_rule, data, line) => {
    expect(seen(typed(...data))).toBe(line);
  });
});

describe('the cursor passes what a person sees as one', () => {
  test.each([
    ['a wide character', '漢'],
    ['an emoji with a skin tone and a profession', '👩🏽‍💻'],
    ['a flag', '🇩🇪'],
    ['a letter with a combining mark', 'e\u0301'],
    ['a Hangul syllable of its parts', '한'],
    ['a Devanagari syllable', 'क्षि'],
  ])('%s', (_what, character) => {
    expect(seen(typed(`a${character}`, LEFT))).toBe(`a|${character}`);
    expect(seen(typed(`a${character}`, LEFT, RIGHT))).toBe(`a${character}|`);
    expect(seen(typed(`a${character}`, BACKSPACE))).toBe('a|');
    expect(seen(typed(`a${character}`, LEFT, DELETE))).toBe('a|');
  });

  test('a mark typed behind a letter joins it', () => {
    expect(seen(typed('eb', LEFT, '\u0301'))).toBe('e\u0301|b');
  });

  test('what joins when something between is taken is not cut in two', () => {
    expect(seen(typed('ex\u0301', HOME, RIGHT, DELETE))).toBe('e|');
    expect(seen(typed('🇩x🇪', HOME, RIGHT, DELETE))).toBe('🇩🇪|');
  });

  test('wherever one moves, whatever one types', () => {
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

describe('lines', () => {
  test('Enter ends the line, wherever the cursor is', () => {
    const editor = typed('MSG', LEFT, '\r', 'x');
    expect(linesOf(editor)).toEqual(['MSG']);
    expect(seen(editor)).toBe('x|');
  });

  test('a line and its Enter may come in one', () => {
    expect(linesOf(typed('hello\rthere\r'))).toEqual(['hello', 'there']);
  });

  test.each(['\x1b[200~one\rtwo\r\nthree\nfour\x1b[201~', 'one\rtwo\r\nthree\nfour'])(
    'a paste of several lines is each line in turn: %j',
    (paste) => {
      const editor = typed(paste);
      expect(linesOf(editor)).toEqual(['one', 'two', 'three']);
      expect(seen(editor)).toBe('four|');
    },
  );

  test('in a paste everything is text', () => {
    expect(seen(typed('\x1b[200~a\tb\x03c\x9bd\x1b[201~'))).toBe('a\tb\x03c\x9bd|');
  });

  test('lines that wait can be forgotten, and the one under way stays', () => {
    const editor = typed('one\rtwo', LEFT);
    editor.forgetAhead();
    expect(linesOf(editor)).toEqual([]);
    expect(seen(editor)).toBe('tw|o');
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
    [
      'what a terminal answers by itself',
      '\x1b[?1;2c\x1b[24;80R\x1bP1$r0m\x1b\\\x1b]10;rgb:0/0/0\x07',
    ],
  ])('%s puts nothing on the line', (_key, data) => {
    expect(seen(typed('a', data))).toBe('a|');
  });
});

describe('what is no line', () => {
  test('Ctrl-C gives up the line, and all that waits', () => {
    const editor = typed('one\rtwo');
    expect(editor.type('\x03')).toEqual([{ request: 'interrupt', text: 'two' }]);
    expect(linesOf(editor)).toEqual([]);
    expect(seen(editor)).toBe('|');
  });

  test('Ctrl-D on an empty line wants to leave', () => {
    expect(typed('').type('\x04')).toEqual([{ request: 'leave' }]);
  });

  test('Ctrl-L wants a clear screen, and leaves the line alone', () => {
    const editor = typed('ab', LEFT);
    expect(editor.type('\f')).toEqual([{ request: 'clearScreen' }]);
    expect(seen(editor)).toBe('a|b');
  });
});

describe('Tab', () => {
  test.each([
    ['completes the only word that goes on so', 'Q', 'QUIT|'],
    ['in either case', 'qu', 'QUIT|'],
    ['as far as all words go on alike', 'm', 'MSG|'],
    ['a whole word stays, in upper case', 'msgget', 'MSGGET|'],
    ['what no word begins with stays', 'x', 'x|'],
    ['an empty line stays', '', '|'],
  ])('%s', (_rule, text, line) => {
    expect(seen(typed(text, '\t'))).toBe(line);
  });

  test('offers the words there are', () => {
    expect(typed('MSG').type('\t')).toEqual([
      { request: 'choices', words: ['MSGGET', 'MSGSTORE'] },
    ]);
  });

  test('does nothing within a line', () => {
    expect(seen(typed('qx', LEFT, '\t'))).toBe('q|x');
  });
});

describe('lines of before', () => {
  const BEFORE = ['MSGGET', 'MSGSTORE', 'the exam is in room 4'];

  test('up and down go through them, and back to what was typed', () => {
    const editor = editorWith(BEFORE, 'new');
    const steps = [UP, UP, UP, UP, DOWN, DOWN, DOWN, DOWN].map((key) => {
      editor.type(key);
      return editor.line.text;
    });
    const [get, store, exam] = BEFORE;
    expect(steps).toEqual([exam, store, get, get, store, exam, 'new', 'new']);
  });

  test('Ctrl-P and Ctrl-N do, too', () => {
    expect(seen(editorWith(BEFORE, '\x10', '\x10', '\x0e'))).toBe('the exam is in room 4|');
  });

  test('one that is edited is a line of now', () => {
    const editor = editorWith(BEFORE, UP, '!', UP);
    expect(seen(editor)).toBe('the exam is in room 4|');
    editor.type(DOWN);
    expect(seen(editor)).toBe('the exam is in room 4!|');
  });

  test('a secret is answered with none of them', () => {
    const editor = editorWith(BEFORE);
    editor.ask({ words: [], isSecret: true });
    editor.type(UP);
    editor.type('\x12MSG');
    expect(seen(editor)).toBe('MSG|');
    expect(editor.search).toBeUndefined();
  });

  test('what was taken away of a secret does not come back in the next line', () => {
    const editor = editorWith([]);
    editor.ask({ words: [], isSecret: true });
    editor.type('123!abc\x15\r');
    editor.ask({ words: WORDS, isSecret: false });
    editor.type('\x19');
    expect(seen(editor)).toBe('|');
  });
});

describe('Ctrl-R', () => {
  const BEFORE = ['the exam is in room 4', 'MSGSTORE', 'room 5 is closed', 'MSGGET'];

  test.each([
    ['finds the newest line that holds what is typed', ['\x12', 'roo', 'm'], '|room 5 is closed'],
    ['again finds the one before', ['\x12', 'room', '\x12'], 'the exam is in |room 4'],
    ['Backspace widens the search again', ['\x12', 'rooms', BACKSPACE], '|room 5 is closed'],
    ['what is not there leaves the last find', ['\x12', 'room', 'x'], '|room 5 is closed'],
    ['Escape edits what was found', ['\x12', 'room', '\x1b', 'X'], 'X|room 5 is closed'],
    ['so does any other key, and acts', ['\x12', 'room', '\x05', '!'], 'room 5 is closed!|'],
    ['Ctrl-G goes back to what was typed', ['old', LEFT, '\x12', 'room', '\x07'], 'ol|d'],
    ['so does Ctrl-C', ['old', '\x12', 'room', '\x03'], 'old|'],
  ])('%s', (_rule, data, line) => {
    expect(seen(editorWith(BEFORE, ...data))).toBe(line);
  });

  test('Enter says what was found', () => {
    const editor = editorWith(BEFORE, '\x12', 'exam', '\r');
    expect(linesOf(editor)).toEqual(['the exam is in room 4']);
    expect(editor.search).toBeUndefined();
  });

  test('tells what is looked for, and whether it was found', () => {
    expect(editorWith(BEFORE, '\x12', 'room').search).toMatchObject({
      wanted: 'room',
      isFound: true,
    });
    expect(editorWith(BEFORE, '\x12', 'z').search).toMatchObject({ wanted: 'z', isFound: false });
    expect(editorWith(BEFORE, '\x12', 'room', '\x12', '\x12').search).toMatchObject({
      isFound: false,
    });
  });
});
