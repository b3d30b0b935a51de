// Lines that are recalled from the history (lineEditor.ts, historySearch.ts).

import { describe, expect, test } from 'vitest';
import { editorWith, linesOf, withCursor } from './lineEditor.harness.ts';

const LEFT = '\x1b[D';
const UP = '\x1b[A';
const DOWN = '\x1b[B';
const BACKSPACE = '\x7f';
const COMMANDS = ['MSGGET', 'MSGSTORE', 'QUIT'];

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
