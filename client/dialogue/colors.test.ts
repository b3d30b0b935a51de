import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstUnsafe, hostileTexts } from '../../testing/hostileText.ts';
import { quickOrFull } from '../../testing/scale.ts';
import { Colors, withoutColors } from './colors.ts';

/** All that may reach the terminal: colors and attributes, in one form each. */
const SAFE_SEQUENCE =
  /\x1b\[0(?:;1)?(?:;3)?(?:;4)?(?:;7)?(?:;9)?(?:;38;(?:5;\d{1,3}|2(?:;\d{1,3}){3}))?(?:;48;(?:5;\d{1,3}|2(?:;\d{1,3}){3}))?m/g;

function colored(...lines: string[]): string[] {
  const colors = new Colors();
  return lines.map((line) => colors.readLine(line).colored);
}

describe('a sequence becomes one of the safe forms', () => {
  test.each<[what: string, parameters: string, safe: string]>([
    ['bold red', '1;31', '0;1;38;5;1'],
    ['a reset in between', '31;0;4', '0;4'],
    ['an empty parameter, which is 0', '31;;3', '0;3'],
    ['attributes', '9;7;4;3;1', '0;1;3;4;7;9'],
    ['bright colors', '97;101', '0;38;5;15;48;5;9'],
    ['a color of 256', '38;5;208', '0;38;5;208'],
    ['red, green and blue', '48;2;1;20;255;4', '0;4;48;2;1;20;255'],
    ['a color of 256, with colons', '38:5:208;1', '0;1;38;5;208'],
    ['red, green and blue, with colons', '38:2:1:2:3', '0;38;2;1;2;3'],
    ['a color space', '38:2::1:2:3', '0;38;2;1;2;3'],
    ['a tolerance', '38:2:0:1:2:3:4:5', '0;38;2;1;2;3'],
    ['an underline of any kind', '4:3', '0;4'],
    ['the color of an underline, which is left out', '4;58;5;1;1', '0;1;4'],
    ['concealed, faint and blinking text, which are left out', '8;2;5;6;1', '0;1'],
    ['an invalid color, which is left out', '38;5;256;1;48;2;1;2', '0;1'],
    ['inverse text', '7', '0;7'],
    ['an inverse background', '7;41', '0;7;48;5;1'],
    ['an inverse color, whose contrast xterm.js would not correct', '7;31', '0;48;5;1'],
    ['two inverse colors', '31;42;7', '0;38;5;2;48;5;1'],
    ['an unknown kind of color', '38;9;1', '0;1'],
    ['numbers without end', `1;${'9'.repeat(90)}`, '0;1'],
  ])('%s', (_what, parameters, safe) => {
    expect(colored(`\x1b[${parameters}mx`)).toEqual([`\x1b[${safe}mx`]);
  });

  test.each<[set: string, clear: string]>([
    ['1', '22'],
    ['3', '23'],
    ['4', '24'],
    ['4', '4:0'],
    ['7', '27'],
    ['9', '29'],
    ['31', '39'],
    ['41', '49'],
    ['1;31', '0'],
    ['1;31', ''],
  ])('%s, which %s clears', (set, clear) => {
    expect(colored(`\x1b[${set}ma\x1b[${clear}mb`)[0]).toMatch(/^\x1b\[0;[\d;]+ma\x1b\[0mb$/);
  });
});

test('a style goes on in the next lines, and each begins with it', () => {
  expect(colored('\x1b[31ma', 'b', '\x1b[0mc', 'd')).toEqual([
    '\x1b[0;38;5;1ma',
    '\x1b[0;38;5;1mb',
    'c',
    'd',
  ]);
});

test('what grep writes to erase the rest of a line is removed', () => {
  expect(new Colors().readLine('\x1b[31m\x1b[Kneedle\x1b[m\x1b[0K.\x1b[1K')).toEqual({
    plain: 'needle.^[[1K',
    colored: '\x1b[0;38;5;1mneedle\x1b[0m.^[[1K',
  });
});

test('a style that colors nothing is not written', () => {
  expect(colored('a\x1b[31m\x1b[32m\x1b[0m', '\x1b[1m\x1b[0mb')).toEqual(['a', 'b']);
});

test('the plain form has no sequences, and escapes the rest', () => {
  expect(new Colors().readLine('\x1b[1;32mok\x1b[0m \x1b[2J\x07')).toEqual({
    plain: 'ok ^[[2J^G',
    colored: '\x1b[0;1;38;5;2mok\x1b[0m ^[[2J^G',
  });
});

test.each([
  '\x1b[?25m',
  '\x1b[>4;2m',
  '\x1b[1 m',
  '\x1b[1;31',
  '\x1b',
  '\x9b31m',
  `\x1b[${'1;'.repeat(70)}m`,
])('escapes %j, which is no SGR sequence', (text) => {
  expect(new Colors().readLine(`${text}.`).colored).not.toMatch(/[\x1b\x9b]/);
});

test('hides a sequence that has not arrived whole from a prompt, and colors', () => {
  expect(withoutColors('\x1b[32muser\x1b[0m$ \x1b[1;3')).toBe('user$ ');
  expect(withoutColors('$ \x1b[')).toBe('$ ');
  expect(withoutColors('$ \x1b')).toBe('$ ');
  expect(withoutColors('$ \x1b[?2')).toBe('$ ^[[?2');
});

test('lets nothing but safe sequences through, whatever a service sends', () => {
  const hostile = hostileTexts.map(({ bytes }) => bytes.toString('utf8'));
  const texts = [...hostile, hostile.join(''), hostile.join('\x1b[31m')];
  const pieces = fc.constantFrom(
    '\x1b',
    '[',
    '3',
    '1',
    ';',
    ':',
    'm',
    'K',
    '8',
    '?',
    '\x9b',
    'x',
    ']0;',
  );
  const random = fc.array(pieces, { maxLength: 40 }).map((list) => list.join(''));
  const check = (text: string) => {
    const { plain, colored } = new Colors().readLine(text);
    expect(firstUnsafe(Buffer.from(plain))).toBe('');
    expect(colored.replace(SAFE_SEQUENCE, '')).toBe(plain);
    expect(firstUnsafe(Buffer.from(withoutColors(text)))).toBe('');
  };
  for (const text of texts) for (const line of text.split('\n')) check(line.replaceAll('\t', ' '));
  fc.assert(fc.property(random, check), { numRuns: quickOrFull(1000, 20_000) });
});

// A time that grows with the square of the length would exceed the timeout of a test by far.
test.each([
  ['unfinished sequences', '\x1b[1;'.repeat(2 ** 18), '^[[1;'.repeat(2 ** 18)],
  ['one sequence', `\x1b[${'1'.repeat(2 ** 20)}`, `^[[${'1'.repeat(2 ** 20)}`],
  ['sequences', '\x1b[1m'.repeat(2 ** 18), ''],
])('reads a line of %s, 1 MiB long, in linear time', (_what, line, plain) => {
  expect(new Colors().readLine(line).plain === plain).toBe(true);
});
