// linePainter.test.ts tests the layout on a screen.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeTerminal, table, write } from '../page/terminal.harness.ts';
import { linesOf } from '../page/transcript.ts';
import { expandTabs, layOut } from './lineLayout.ts';

const text = fc
  .array(fc.constantFrom('\t', 'a', ' ', 'words', '漢', 'e\u0301'))
  .map((parts) => `|${parts.join('')}|`);
const columns = fc.integer({ min: 3, max: 40 });

test('a line with tabs has the same text at any width', async () => {
  await fc.assert(
    fc.asyncProperty(text, columns, async (line, width) => {
      const terminal = makeTerminal(width, 10);
      const expanded = expandTabs(line, table);
      await write(terminal, expanded);
      expect(linesOf(terminal.buffer.active).join('\n').trimEnd()).toBe(expanded);
      const { rows } = layOut({ prompt: '', text: line, cursor: 0 }, width, table);
      expect(rows.map((row) => row.text).join('')).toBe(expanded);
      terminal.dispose();
    }),
  );
});

const coloredText = fc
  .array(fc.constantFrom('\x1b[31m', '\t', 'a', '漢', 'e', '\u0301', '👩', '\u200d'))
  .map((parts) => parts.join(''));

test('a tab after colors leads to a tab stop of the screen', async () => {
  await fc.assert(
    fc.asyncProperty(coloredText, async (line) => {
      const terminal = makeTerminal(400, 2);
      await write(terminal, expandTabs(`${line}\t`, table));
      expect(terminal.buffer.active.cursorX % 8).toBe(0);
      terminal.dispose();
    }),
  );
});

test.each([
  ['a\tb\tc', 'a       b       c'],
  ['12345678\tb', '12345678        b'],
  ['漢\tb', '漢      b'],
  ['\x1b[0;1ma\x1b[0m\tb', '\x1b[0;1ma\x1b[0m       b'],
  ['no tab', 'no tab'],
])('a tab reaches to the next tab stop: %j', (line, expanded) => {
  expect(expandTabs(line, table)).toBe(expanded);
});
