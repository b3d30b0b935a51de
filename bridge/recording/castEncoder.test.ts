import { describe, expect, test } from 'vitest';
import { CastEncoder, headerLine, markerLine } from './castEncoder.ts';

/** The text of all lines, for a terminal. */
function textOf(chunks: readonly Uint8Array[]): string {
  const encoder = new CastEncoder();
  const lines = [...chunks.map((chunk) => encoder.output(1, chunk)), encoder.end(2)];
  return lines.map((line) => (line === '' ? '' : JSON.parse(line)[2])).join('');
}

function eachByte(bytes: Uint8Array): Uint8Array[] {
  return [...bytes].map((byte) => Uint8Array.of(byte));
}

describe('output', () => {
  test.each([
    ['LF becomes CR LF', Buffer.from('a\nb\n\nc'), 'a\r\nb\r\n\r\nc'],
    ['CR LF stays as it is', Buffer.from('a\r\nb\r\n'), 'a\r\nb\r\n'],
    ['CR stays as it is', Buffer.from('50 %\r100 %\r\r\n'), '50 %\r100 %\r\r\n'],
    ['characters of several bytes are whole', Buffer.from('é€😀\n'), 'é€😀\r\n'],
    ['invalid bytes become U+FFFD', Buffer.from([0x61, 0xff, 0xc3, 0x28]), 'a\ufffd\ufffd('],
    [
      'an incomplete character at the end becomes U+FFFD',
      Buffer.from([0x61, 0xe2, 0x82]),
      'a\ufffd',
    ],
    ['a byte order mark is kept', Buffer.from('\ufeffa'), '\ufeffa'],
    [
      'escape sequences are kept',
      Buffer.from('\x1b[1mbold\x1b[0m\u009b'),
      '\x1b[1mbold\x1b[0m\u009b',
    ],
  ])('%s, however the chunks are split', (_rule, bytes, text) => {
    expect(textOf([bytes])).toBe(text);
    expect(textOf(eachByte(bytes))).toBe(text);
  });

  test('is one line of [seconds, "o", text]', () => {
    const line = new CastEncoder().output(1.23456789, Buffer.from('+OK\r\n'));
    expect(line).toBe('[1.234568,"o","+OK\\r\\n"]\n');
  });

  test('holds no character that controls a terminal', () => {
    const controls = Array.from({ length: 0xa0 }, (_, code) => String.fromCharCode(code)).join('');
    const line = new CastEncoder().output(0, Buffer.from(`${controls}\u2028\u202e\u2066`));
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
  });

  test('after an end does not complete a character from before it', () => {
    const encoder = new CastEncoder();
    expect(encoder.output(0, Uint8Array.of(0xe2, 0x82))).toBe('');
    expect(encoder.end(1)).toContain('\ufffd');
    expect(encoder.output(2, Uint8Array.of(0xac, 0x61))).toContain('\ufffda');
  });
});

test('the header and a marker are as asciicast v2 defines them', () => {
  expect(JSON.parse(headerLine('redis', 1_700_000_000))).toEqual({
    version: 2,
    width: 80,
    height: 24,
    timestamp: 1_700_000_000,
    title: 'redis',
  });
  expect(JSON.parse(markerLine(2.5, 'a mark'))).toEqual([2.5, 'm', 'a mark']);
});
