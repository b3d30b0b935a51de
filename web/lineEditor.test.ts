import { expect, test } from 'vitest';
import { LineEditor } from './lineEditor.ts';

function typed(...data: string[]): LineEditor {
  const editor = new LineEditor();
  for (const piece of data) editor.type(piece);
  return editor;
}

test('what is typed stands on the line', () => {
  expect(typed('M', 'S', 'G').text).toBe('MSG');
});

test('Enter ends the line', () => {
  const editor = typed('M', 'S', 'G', '\r', 'x');
  expect(editor.takeLine()).toBe('MSG');
  expect(editor.takeLine()).toBeUndefined();
  expect(editor.text).toBe('x');
});

test('a paste of several lines is each line in turn', () => {
  const editor = typed('one\rtwo\r\nthree\nfour');
  expect([editor.takeLine(), editor.takeLine(), editor.takeLine()]).toEqual([
    'one',
    'two',
    'three',
  ]);
  expect(editor.text).toBe('four');
});

test.each([
  ['a letter', 'ab', 'a'],
  ['a wide character', 'a漢', 'a'],
  ['an emoji with a skin tone and a profession', 'a👩🏽‍💻', 'a'],
  ['a letter with a combining mark', 'ae\u0301', 'a'],
])('Backspace takes %s', (_what, before, after) => {
  expect(typed(before, '\x7f').text).toBe(after);
});

test('Backspace on an empty line does nothing', () => {
  expect(typed('\x7f', 'a').text).toBe('a');
});

test('Ctrl-U erases the line', () => {
  expect(typed('abc', '\x15', 'd').text).toBe('d');
});

test.each([
  ['cursor left', '\x1b[D'],
  ['Ctrl-left', '\x1b[1;5D'],
  ['Delete', '\x1b[3~'],
  ['F1', '\x1bOP'],
  ['Alt-B', '\x1bb'],
  ['Escape', '\x1b'],
  ['Tab', '\t'],
  ['Ctrl-C', '\x03'],
])('%s puts nothing on the line', (_key, data) => {
  expect(typed('a', data).text).toBe('a');
});

test('a TAB within a paste is text, other control characters are not', () => {
  expect(typed('a\tb\x00c\x1b[31md').text).toBe('a\tbc[31md');
});

test('clear forgets lines that wait, too', () => {
  const editor = typed('one\rtwo');
  editor.clear();
  expect([editor.takeLine(), editor.text]).toEqual([undefined, '']);
});
