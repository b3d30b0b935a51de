import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quickOrFull } from '../testing/scale.ts';
import { decodeForDisplay, decodeUtf8 } from './utf8.ts';

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

test('decodes every encoded text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(decodeUtf8(bytesOf(text))).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test('accepts the same bytes as TextDecoder', () => {
  const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const decode = (bytes: Uint8Array) => {
    try {
      return strict.decode(bytes);
    } catch {
      return undefined;
    }
  };
  const byte = fc.constantFrom(
    0x25,
    0x41,
    0x80,
    0xa0,
    0xbf,
    0xc0,
    0xc3,
    0xe0,
    0xed,
    0xef,
    0xf0,
    0xf4,
    0xf5,
    0xff,
  );
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 6 }),
      fc.array(byte, { maxLength: 6 }),
      (some, others) => {
        for (const bytes of [some, Uint8Array.from(others)]) {
          expect(decodeUtf8(Buffer.from(bytes).toString('latin1'))).toBe(decode(bytes));
        }
      },
    ),
    { numRuns: quickOrFull(1000, 5000) },
  );
});

test.each([
  ['a lone continuation byte', '\x80'],
  ['a cut sequence', '\xe6\xbc'],
  ['an overlong form', '\xc0\xaf'],
  ['a surrogate', '\xed\xa0\x80'],
  ['above U+10FFFF', '\xf4\x90\x80\x80'],
  ['0xff', '\xff'],
])('rejects %s', (_name, bytes) => {
  expect(decodeUtf8(bytes)).toBeUndefined();
});

test('shows invalid UTF-8 byte by byte', () => {
  expect(decodeForDisplay('caf\xe9 %41')).toBe('caf\\xe9 %41');
  expect(decodeForDisplay('caf\xc3\xa9')).toBe('café');
});
