import { expect, test } from 'vitest';
import { escapeControls, escapeControlsInJson, isPlainText } from './plainText.ts';

test.each([
  'An apple a day keeps the doctor away.',
  'a\tb',
  'Grüße, 漢字, שלום, 👩🏽‍💻, e\u0301',
  '\u00a0\u2060\ufffd',
])('accepts %j, and shows it unchanged', (text) => {
  expect(isPlainText(text)).toBe(true);
  expect(escapeControls(text)).toBe(text);
});

test.each([
  ['NUL', '\0', '^@'],
  ['ESC', '\x1b[31m', '^[[31m'],
  ['CR', 'a\rb', 'a^Mb'],
  ['LF', 'a\nb', 'a^Jb'],
  ['DEL', '\x7f', '^?'],
  ['CSI, a C1', '\x9b31m', '\\u{9b}31m'],
  ['NEL, a C1', '\x85', '\\u{85}'],
  ['LINE SEPARATOR', '\u2028', '\\u{2028}'],
  ['PARAGRAPH SEPARATOR', '\u2029', '\\u{2029}'],
  ['RIGHT-TO-LEFT OVERRIDE', 'a\u202eb', 'a\\u{202e}b'],
  ['FIRST STRONG ISOLATE', '\u2068', '\\u{2068}'],
  ['ARABIC LETTER MARK', '\u061c', '\\u{61c}'],
  ['a byte order mark', '\ufeffMSGGET', '\\u{feff}MSGGET'],
])('rejects %s, and shows it escaped', (_name, text, shown) => {
  expect(isPlainText(text)).toBe(false);
  expect(escapeControls(text)).toBe(shown);
});

test('escapes JSON to one line of plain text with the same value', () => {
  const controls = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code))
    .filter((character) => !isPlainText(character))
    .join('');
  const value = { [controls]: [`${controls}漢字👋\\`] };
  const json = escapeControlsInJson(`${JSON.stringify(value)}\n`);
  expect(isPlainText(json.slice(0, -1))).toBe(true);
  expect(json.at(-1)).toBe('\n');
  expect(JSON.parse(json)).toEqual(value);
  expect(escapeControlsInJson('{"a": "Grüße"}\n')).toBe('{"a": "Grüße"}\n');
});

test('rejects every C0 except TAB, DEL and every C1, and no other character below U+0100', () => {
  const rejected = Array.from({ length: 0x100 }, (_, code) => code).filter(
    (code) => !isPlainText(String.fromCharCode(code)),
  );
  const expected = Array.from({ length: 0x100 }, (_, code) => code).filter(
    (code) => (code < 0x20 && code !== 0x09) || (code >= 0x7f && code <= 0x9f),
  );
  expect(rejected).toEqual(expected);
});
