// What is drawn, as xterm.js shows it: the layout is a forecast, and the terminal without a screen
// is what comes true.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quickOrFull } from '../../testing/scale.ts';
import { makeTerminal, screenOf, table, write } from '../page/terminal.harness.ts';
import { type LineLayout, layOut, type PromptLine } from './lineLayout.ts';
import { LinePainter } from './linePainter.ts';

/** Draws a line on a screen of its own. */
async function drawn(
  shown: PromptLine,
  cols: number,
  rows = 10,
): Promise<{ rows: string[]; at: string }> {
  const terminal = makeTerminal(cols, rows);
  await write(terminal, new LinePainter(table).draw(shown, { columns: cols, rows }));
  const { cursorX, cursorY } = terminal.buffer.active;
  return { rows: screenOf(terminal).filter((row) => row !== ''), at: `${cursorY},${cursorX}` };
}

function typed(text: string, cursor = text.length, prompt = '> '): PromptLine {
  return { prompt, text, cursor };
}

test.each([
  ['an empty line', typed(''), 20, ['>'], '0,2'],
  ['a short one', typed('abc'), 20, ['> abc'], '0,5'],
  ['the cursor within it', typed('abc', 1), 20, ['> abc'], '0,3'],
  ['one that wraps', typed('abcdef'), 5, ['> abc', 'def'], '1,3'],
  ['the cursor on its first row', typed('abcdef', 0), 5, ['> abc', 'def'], '0,2'],
  ['a full row has the cursor below it', typed('abc'), 5, ['> abc'], '1,0'],
  ['and two full rows', typed('abcdefgh'), 5, ['> abc', 'defgh'], '2,0'],
  ['a wide character', typed('漢', 0), 20, ['> 漢'], '0,2'],
  ['behind it', typed('漢x', 1), 20, ['> 漢x'], '0,4'],
  ['one that does not fit begins the next row', typed('ab漢'), 5, ['> ab', '漢'], '1,2'],
  ['and the cursor before it is there, too', typed('ab漢', 2), 5, ['> ab', '漢'], '1,0'],
  ['a combining mark takes no cell', typed('e\u0301x'), 20, ['> e\u0301x'], '0,4'],
  ['nor does what joins emoji', typed('👩🏽‍💻x'), 20, ['> 👩🏽‍💻x'], '0,5'],
  ['a flag is one', typed('🇩🇪🇫🇷'), 20, ['> 🇩🇪🇫🇷'], '0,6'],
  [
    'a selector that widens takes its character along',
    typed('ab❤\ufe0f'),
    5,
    ['> ab', '❤\ufe0f'],
    '1,2',
  ],
  ['and the cursor before it', typed('ab❤\ufe0f', 2), 5, ['> ab', '❤\ufe0f'], '1,0'],
  ['a control character is escaped', typed('a\x1bb', 2), 20, ['> a^[b'], '0,5'],
  ['so is a C1 one', typed('\u009b', 0), 20, ['> \\u{9b}'], '0,2'],
  ['a TAB leads to the next stop', typed('a\tb'), 20, ['> a     b'], '0,9'],
  ['Arabic and Hebrew keep their order', typed('שלום', 2), 20, ['> שלום'], '0,4'],
  ['the prompt wraps, too', typed('x', 1, 'Enter: '), 4, ['Ente', 'r: x'], '2,0'],
])('%s', async (_rule, shown, columns, rows, at) => {
  expect(await drawn(shown, columns)).toEqual({ rows, at });
});

test('a line taller than the screen is seen around the cursor', async () => {
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

test('what is taken off the screen leaves nothing behind', async () => {
  const painter = new LinePainter(table);
  const terminal = makeTerminal(6, 5);
  await write(terminal, 'above\r\n');
  const size = { columns: 6, rows: 5 };
  await write(terminal, painter.draw(typed('three rows of it', 3), size));
  await write(terminal, `${painter.erase()}news\r\n`);
  await write(terminal, painter.draw(typed('x'), size));
  expect(screenOf(terminal)).toEqual(['above', 'news', '> x', '', '']);
});

/** Characters that try a terminal: wide, joined, widened, unseen, escaped, from right to left. */
const trying = fc.constantFrom(
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
const texts = fc.array(fc.oneof(trying, fc.string({ unit: 'binary', maxLength: 2 })), {
  maxLength: 60,
});

test('every row and the cursor are where xterm has them, at any width', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      texts.map((pieces) => pieces.join('')),
      fc.nat(),
      fc.integer({ min: 2, max: 200 }),
      fc.constantFrom('', '> ', 'Enter new message of the day: ', '漢字: '),
      async (text, at, columns, prompt) => {
        const cursor = text.length === 0 ? 0 : at % (text.length + 1);
        const shown = { prompt, text, cursor };
        const layout = layOut(shown, columns, table);
        const terminal = makeTerminal(columns, layout.rows.length + 1);
        await write(terminal, new LinePainter(table).draw(shown, { columns, rows: terminal.rows }));
        expect(screenOf(terminal)).toEqual([...forecast(layout), '']);
        const { cursorX, cursorY } = terminal.buffer.active;
        expect({ row: cursorY, column: cursorX }).toEqual(layout.cursor);
      },
    ),
    { numRuns: quickOrFull(500, 2000) },
  );
});

function forecast(layout: LineLayout): string[] {
  return layout.rows.map(({ prompt, text }) => `${prompt}${text}`.trimEnd());
}
