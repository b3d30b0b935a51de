import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeTerminal, table, write } from '../page/terminal.harness.ts';
import { limitGraphemes } from './limitGraphemes.ts';

const MARK = '\u0301';

test.each([
  ['an empty text', ''],
  ['a letter with as many marks as a text may have', `a${MARK.repeat(30)}b`],
  ['letters with marks', `e${MARK}`.repeat(100)],
  ['families', '👩🏽‍👩🏽‍👧🏽‍👦🏽'.repeat(20)],
  ['flags', '🇩🇪🇫🇷'.repeat(20)],
  ['Korean', '각'.normalize('NFD').repeat(20)],
  ['Devanagari', 'क्षि'.repeat(20)],
])('does not change %s', (_what, text) => {
  expect(limitGraphemes(text, table)).toBe(text);
});

test.each([
  ['marks', `a${MARK.repeat(100)}`],
  ['joiners', '\u200d'.repeat(100)],
  ['emoji with joiners', '👩\u200d'.repeat(100)],
  ['Hangul', '\u1100'.repeat(100)],
  ['variation selectors', `☺${'\ufe0f'.repeat(100)}`],
  ['tags', `🏴${'\u{e0067}'.repeat(100)}`],
])('puts at most 31 characters in a cell: %s', async (_what, text) => {
  const limited = limitGraphemes(text, table);
  expect(limited.replaceAll('\u25cc', '')).toBe(text);
  const terminal = makeTerminal(200, 2);
  await write(terminal, limited);
  const row = terminal.buffer.active.getLine(0);
  const cells = Array.from({ length: 200 }, (_, x) => row?.getCell(x)?.getChars() ?? '');
  expect(Math.max(...cells.map((cell) => [...cell].length))).toBeLessThanOrEqual(31);
});

test('keeps every character, in order', () => {
  const character = fc.constantFrom('a', MARK, '\u200d', '👩', '\u1100', '漢', '🇩', '\u0600');
  fc.assert(
    fc.property(fc.array(character, { maxLength: 200 }), (characters) => {
      const text = characters.join('');
      expect(limitGraphemes(text, table).replaceAll('\u25cc', '')).toBe(text);
    }),
  );
});
