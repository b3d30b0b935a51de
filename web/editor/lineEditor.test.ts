import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { linesOf, typed, withCursor } from './lineEditor.harness.ts';

const LEFT = '\x1b[D';
const RIGHT = '\x1b[C';
const HOME = '\x1b[H';
const BACKSPACE = '\x7f';
const DELETE = '\x1b[3~';
const CTRL_LEFT = '\x1b[1;5D';
const CTRL_RIGHT = '\x1b[1;5C';

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
