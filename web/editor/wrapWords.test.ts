import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeTerminal, table, write } from '../page/terminal.harness.ts';
import { linesOf } from '../page/transcript.ts';
import { ROW_END, unwrapWords, wrapWords } from './wrapWords.ts';

const NOTE = '[redis refused the connection: is it running? (1014)]';

test.each([
  ['a text that is shorter than a row', NOTE, 80, [NOTE]],
  ['a text that leaves one cell of a row free', NOTE, NOTE.length + 1, [NOTE]],
  [
    'a text of one cell more',
    NOTE,
    NOTE.length,
    ['[redis refused the connection: is it running?', '(1014)]'],
  ],
  ['words', NOTE, 20, ['[redis refused the', 'connection: is it', 'running? (1014)]']],
  ['a word longer than a row', 'a connection b', 4, ['a', 'connection', 'b']],
  ['spaces between words', 'GET  SET  DEL', 9, ['GET  SET', ' DEL']],
  ['wide characters, by their cells', '漢字 漢字', 9, ['漢字', '漢字']],
  ['nothing', '', 20, ['']],
])('wraps %s', (_what, text, columns, rows) => {
  expect(wrapWords(text, columns, table)).toEqual(rows);
});

describe('a text that was wrapped', () => {
  test('is the same again at any width, and after a resize', async () => {
    const text = fc
      .array(fc.constantFrom('a', 'two', 'a-longer-word', '漢字', ''))
      .map((words) => ['[', ...words, ']'].join(' '));
    const columns = fc.integer({ min: 2, max: 40 });
    await fc.assert(
      fc.asyncProperty(text, columns, columns, async (note, first, then) => {
        const terminal = makeTerminal(first, 10);
        const shown = () => unwrapWords(linesOf(terminal.buffer.active).join('\n')).trimEnd();
        await write(terminal, `${wrapWords(note, first, table).join(ROW_END)}\r\nnext\r\n`);
        expect(shown()).toBe(`${note}\nnext`);
        terminal.resize(then, 10);
        expect(shown()).toBe(`${note}\nnext`);
        terminal.dispose();
      }),
    );
  });

  test.each([
    ['one\u200e\ntwo\nthree', 'one two\nthree'],
    ['one\u200e\r\ntwo\r\nthree', 'one two\r\nthree'],
    ['one\u200e', 'one'],
    ['one\u200e\n', 'one '],
    ['\ntwo', '\ntwo'],
  ])('loses nothing but its row ends if a part of it is selected: %j', (selected, restored) => {
    expect(unwrapWords(selected)).toBe(restored);
  });
});
