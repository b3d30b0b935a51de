// Compares the layout and the drawing with what a headless xterm.js shows.

import type { Terminal } from '@xterm/headless';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quickOrFull } from '../../testing/scale.ts';
import { makeTerminal, screenOf, table, write } from '../page/terminal.harness.ts';
import { type LineLayout, layOut, type PromptLine } from './lineLayout.ts';
import { LinePainter } from './linePainter.ts';

/** Draws a line on a new screen. */
async function drawn(
  line: PromptLine,
  cols: number,
  rows = 10,
): Promise<{ rows: string[]; at: string }> {
  const terminal = makeTerminal(cols, rows);
  await write(terminal, new LinePainter(table).draw(line, { columns: cols, rows }));
  const { cursorX, cursorY } = terminal.buffer.active;
  return { rows: screenOf(terminal).filter((row) => row !== ''), at: `${cursorY},${cursorX}` };
}

function typed(text: string, cursor = text.length, prompt = '> '): PromptLine {
  return { prompt, text, cursor };
}

test.each([
  ['an empty line', typed(''), 20, ['>'], '0,2'],
  ['a short line', typed('abc'), 20, ['> abc'], '0,5'],
  ['the cursor inside the line', typed('abc', 1), 20, ['> abc'], '0,3'],
  ['a line that wraps', typed('abcdef'), 5, ['> abc', 'def'], '1,3'],
  ['the cursor on the first row of a wrapped line', typed('abcdef', 0), 5, ['> abc', 'def'], '0,2'],
  ['the cursor below a full row', typed('abc'), 5, ['> abc'], '1,0'],
  ['the cursor below two full rows', typed('abcdefgh'), 5, ['> abc', 'defgh'], '2,0'],
  ['a wide character', typed('漢', 0), 20, ['> 漢'], '0,2'],
  ['the cursor after a wide character', typed('漢x', 1), 20, ['> 漢x'], '0,4'],
  ['a wide character that does not fit, on the next row', typed('ab漢'), 5, ['> ab', '漢'], '1,2'],
  ['the cursor before that character, on the next row', typed('ab漢', 2), 5, ['> ab', '漢'], '1,0'],
  ['a combining mark, in no cell of its own', typed('e\u0301x'), 20, ['> e\u0301x'], '0,4'],
  ['a joined emoji, in one pair of cells', typed('👩🏽‍💻x'), 20, ['> 👩🏽‍💻x'], '0,5'],
  ['flags, in one pair of cells each', typed('🇩🇪🇫🇷'), 20, ['> 🇩🇪🇫🇷'], '0,6'],
  [
    'a character that a variation selector widens, on the next row',
    typed('ab❤\ufe0f'),
    5,
    ['> ab', '❤\ufe0f'],
    '1,2',
  ],
  ['the cursor before the widened character', typed('ab❤\ufe0f', 2), 5, ['> ab', '❤\ufe0f'], '1,0'],
  ['a control character, escaped', typed('a\x1bb', 2), 20, ['> a^[b'], '0,5'],
  ['a C1 control character, escaped', typed('\u009b', 0), 20, ['> \\u{9b}'], '0,2'],
  ['a tab, up to the next tab stop', typed('a\tb'), 20, ['> a     b'], '0,9'],
  ['Hebrew, in logical order', typed('שלום', 2), 20, ['> שלום'], '0,4'],
  ['a prompt that wraps', typed('x', 1, 'Enter: '), 4, ['Ente', 'r: x'], '2,0'],
])('draws %s', async (_what, line, columns, rows, at) => {
  expect(await drawn(line, columns)).toEqual({ rows, at });
});

test('keeps the cursor in view in a line taller than the screen', async () => {
  const text = 'aaaabbbbccccddddeeee';
  const painter = new LinePainter(table);
  const terminal = makeTerminal(4, 3);
  const size = { columns: 4, rows: 3 };
  const seen = async (cursor: number) => {
    await write(terminal, painter.draw({ prompt: '', text, cursor }, size));
    const { cursorX, cursorY } = terminal.buffer.active;
    return `${screenOf(terminal).join('|')} ${cursorY},${cursorX}`;
  };
  expect(await seen(text.length)).toBe('dddd|eeee| 2,0');
  expect(await seen(13)).toBe('dddd|eeee| 0,1');
  expect(await seen(5)).toBe('bbbb|cccc|dddd 0,1');
  expect(await seen(0)).toBe('aaaa|bbbb|cccc 0,0');
  expect(await seen(9)).toBe('aaaa|bbbb|cccc 2,1');
  expect(await seen(12)).toBe('bbbb|cccc|dddd 2,0');
});

test('erases the whole line', async () => {
  const painter = new LinePainter(table);
  const terminal = makeTerminal(6, 5);
  await write(terminal, 'above\r\n');
  const size = { columns: 6, rows: 5 };
  await write(terminal, painter.draw(typed('three rows of it', 3), size));
  await write(terminal, `${painter.erase()}news\r\n`);
  await write(terminal, painter.draw(typed('x'), size));
  expect(screenOf(terminal)).toEqual(['above', 'news', '> x', '', '']);
});

test('moves on after a full row, also if its last character joins the next one', async () => {
  const painter = new LinePainter(table);
  const terminal = makeTerminal(4, 3);
  // U+110BD is in front of the number that it marks (Grapheme_Cluster_Break=Prepend).
  await write(terminal, painter.draw(typed('a\u{110bd}'), { columns: 4, rows: 3 }));
  expect(screenOf(terminal)).toEqual(['> a\u{110bd}', '', '']);
  expect(terminal.buffer.active).toMatchObject({ cursorX: 0, cursorY: 1 });
});

/** Difficult characters: wide, joined, widened, invisible, escaped, right to left. */
const difficult = fc.constantFrom(
  ...[
    'a',
    'Z',
    ' ',
    '漢',
    'ｱ',
    '한',
    'ᄒ',
    'ᅡ',
    'ᆫ',
    'e\u0301',
    '\u0301',
    '👍',
    '👍🏽',
    '🏽',
    '👩‍👩‍👧',
    '\u200d',
  ],
  ...[
    '🇩🇪',
    '🇩',
    '\u{110bd}',
    '❤',
    '\ufe0f',
    '❤\ufe0f',
    '1\ufe0f\u20e3',
    'נ',
    'م',
    'क्षि',
    'ำ',
    '\u200b',
    '\u00ad',
    '\ufeff',
  ],
  ...[
    '\t',
    '\x1b',
    '\u009b',
    '\u2028',
    '\u202e',
    '\ud800',
    '\ude00',
    '�',
    '…',
    '─',
    '𝒜',
    '🫠',
    '\u1160',
    '᠎',
  ],
);
const texts = fc.array(fc.oneof(difficult, fc.string({ unit: 'binary', maxLength: 2 })), {
  maxLength: 60,
});

test('puts every row and the cursor where xterm.js does, at any width', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      texts.map((pieces) => pieces.join('')),
      fc.nat(),
      fc.integer({ min: 2, max: 200 }),
      fc.constantFrom('', '> ', 'Enter new message of the day: ', '漢字: '),
      async (text, at, columns, prompt) => {
        const cursor = text.length === 0 ? 0 : at % (text.length + 1);
        const line = { prompt, text, cursor };
        const layout = layOut(line, columns, table);
        const terminal = makeTerminal(columns, layout.rows.length + 1);
        await write(terminal, new LinePainter(table).draw(line, { columns, rows: terminal.rows }));
        expect(screenOf(terminal)).toEqual([...rowsOf(layout), '']);
        const { cursorX, cursorY } = terminal.buffer.active;
        expect({ row: cursorY, column: cursorX }).toEqual(layout.cursor);
      },
    ),
    { numRuns: quickOrFull(500, 2000) },
  );
});

/** What a user types or pastes, and how far the cursor then is from the end; mostly at it. */
const inputs = fc.record({
  added: fc.oneof(
    fc.constantFrom('a', 'é', ' '),
    difficult,
    texts.map((all) => all.join('')),
  ),
  left: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.nat(5)),
});

test('a line that grows looks as if it were redrawn after each input', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(inputs, { maxLength: 20 }),
      fc.record({ columns: fc.integer({ min: 2, max: 60 }), rows: fc.integer({ min: 1, max: 9 }) }),
      fc.constantFrom('', '> ', '漢字: '),
      async (all, size, prompt) => {
        const newScreen = () => ({
          painter: new LinePainter(table),
          terminal: makeTerminal(size.columns, size.rows),
        });
        const grown = newScreen();
        const redrawn = newScreen();
        let text = '';
        for (const { added, left } of all) {
          text += added;
          const line = { prompt, text, cursor: Math.max(0, text.length - left) };
          await write(grown.terminal, grown.painter.draw(line, size));
          const again = `${redrawn.painter.erase()}${redrawn.painter.draw(line, size)}`;
          await write(redrawn.terminal, again);
          expect(stateOf(grown.terminal)).toEqual(stateOf(redrawn.terminal));
        }
      },
    ),
    { numRuns: quickOrFull(300, 2000) },
  );
});

test.each([
  ['a letter', typed('ab'), 'b'],
  ['several letters', typed('abcd'), 'bcd'],
  ['nothing, if nothing changed', typed('a'), ''],
])('writes only what was typed at the end: %s', (_what, line, written) => {
  const painter = new LinePainter(table);
  const size = { columns: 10, rows: 5 };
  painter.draw(typed('a'), size);
  expect(painter.draw(line, size)).toBe(written);
});

function stateOf(terminal: Terminal) {
  const { cursorX, cursorY } = terminal.buffer.active;
  return { rows: screenOf(terminal), cursorX, cursorY };
}

function rowsOf(layout: LineLayout): string[] {
  return layout.rows.map(({ prompt, text }) => `${prompt}${text}`.trimEnd());
}
