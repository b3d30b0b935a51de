import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quickOrFull } from '../../testing/scale.ts';
import { MAX_ANSWERS, Telnet } from './telnet.pure.ts';

// RFC 854, "TELNET COMMAND STRUCTURE"; RFC 857 and 858.
const IAC = '\xff';
const DONT = '\xff\xfe';
const DO = '\xff\xfd';
const WONT = '\xff\xfc';
const WILL = '\xff\xfb';
const SB = '\xff\xfa';
const SE = '\xff\xf0';
const GA = '\xff\xf9';
const AYT = '\xff\xf6';
const NOP = '\xff\xf1';
const ECHO = '\x01';
const SGA = '\x03';
const NAWS = '\x1f';
const TERMINAL_TYPE = '\x18';

interface Decoded {
  text: string;
  answers: string;
  hidesInput: boolean;
}

function decode(chunks: Iterable<string>, telnet = new Telnet()): Decoded {
  let text = '';
  let answers = '';
  for (const chunk of chunks) {
    const bytes = Buffer.from(chunk, 'latin1');
    text += bytes.toString('latin1', 0, telnet.decode(bytes));
    answers += latin1(telnet.takeAnswers());
  }
  return { text, answers, hidesInput: telnet.hidesInput };
}

function encode(chunks: Iterable<string>): string {
  const telnet = new Telnet();
  return Array.from(chunks, (chunk) => latin1(telnet.encode(Buffer.from(chunk, 'latin1')))).join(
    '',
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe.each([
  ['whole', (bytes: string) => [bytes]],
  ['byte by byte', (bytes: string) => [...bytes]],
])('from the target, sent %s:', (_how, cut) => {
  test.each<[rule: string, sent: string, text: string, answers?: string]>([
    ['keeps text', 'login: ', 'login: '],
    ['keeps every byte but 0xFF', '\x00\x01\x7f\x80\xf0\xfe', '\x00\x01\x7f\x80\xf0\xfe'],
    ['decodes IAC IAC', `a${IAC}${IAC}b${IAC}${IAC}${IAC}${IAC}`, 'a\xffb\xff\xff'],
    ['removes commands', `a${GA}b${NOP}c${AYT}d`, 'abcd'],
    ['refuses DO with WONT', `a${DO}${NAWS}b`, 'ab', `${WONT}${NAWS}`],
    ['refuses WILL with DONT', `a${WILL}${SGA}b`, 'ab', `${DONT}${SGA}`],
    ['answers no WONT and no DONT', `${WONT}${SGA}${DONT}${NAWS}${WONT}${ECHO}`, ''],
    [
      'takes any byte for an option',
      `${DO}${IAC}${DO}\0${WILL}\n.`,
      '.',
      `${WONT}${IAC}${WONT}\0${DONT}\n`,
    ],
    [
      'refuses an option each time it is offered',
      `${DO}${NAWS}${DO}${NAWS}`,
      '',
      `${WONT}${NAWS}`.repeat(2),
    ],
    ['removes a subnegotiation', `a${SB}${TERMINAL_TYPE}\x01${SE}b`, 'ab'],
    [
      'removes IAC IAC and commands in one',
      `a${SB}x${IAC}${IAC}${SE.slice(1)}${DO}${NAWS}${SE}b`,
      'ab',
    ],
    ['removes an unterminated subnegotiation', `a${SB}${'x'.repeat(10_000)}`, 'a'],
    ['removes an unfinished command', `a${IAC}`, 'a'],
    ['keeps CR LF', 'a\r\nb', 'a\r\nb'],
    ['decodes CR NUL', 'a\r\0b\r\0\0\r\r\0', 'a\rb\r\0\r\r'],
    ['decodes CR NUL around a command', `a\r${NOP}\0b\r${SB}${SE}\0`, 'a\rb\r'],
    ['keeps NUL after 0xFF', `\r${IAC}${IAC}\0`, '\r\xff\0'],
  ])('%s', (_rule, sent, text, answers = '') => {
    expect(decode(cut(sent))).toEqual({ text, answers, hidesInput: false });
  });

  test.each<[rule: string, sent: string, answers: string, hidesInput: boolean]>([
    ['agrees to ECHO alone', `Password: ${WILL}${ECHO}`, `${DO}${ECHO}`, true],
    ['agrees to it once', `${WILL}${ECHO}${WILL}${ECHO}`, `${DO}${ECHO}`, true],
    ['follows its end', `${WILL}${ECHO}x${WONT}${ECHO}`, `${DO}${ECHO}${DONT}${ECHO}`, false],
    [
      'follows it again and again',
      `${WILL}${ECHO}${WONT}${ECHO}${WONT}${ECHO}${WILL}${ECHO}`,
      `${DO}${ECHO}${DONT}${ECHO}${DO}${ECHO}`,
      true,
    ],
    ['refuses to echo itself', `${DO}${ECHO}`, `${WONT}${ECHO}`, false],
    ['refuses ECHO with SGA', `${WILL}${SGA}${WILL}${ECHO}`, `${DONT}${SGA}${DONT}${ECHO}`, false],
    [
      'withdraws from ECHO when SGA follows it',
      `${WILL}${ECHO}${DO}${NAWS}${WILL}${SGA}${WONT}${ECHO}login: `,
      `${DO}${ECHO}${WONT}${NAWS}${DONT}${SGA}${DONT}${ECHO}`,
      false,
    ],
    [
      'agrees to ECHO if text separates it from SGA',
      `${WILL}${SGA}Name: ${WILL}${ECHO}`,
      `${DONT}${SGA}${DO}${ECHO}`,
      true,
    ],
    [
      'agrees to ECHO again after it has withdrawn',
      `${WILL}${ECHO}${WILL}${SGA}${WONT}${ECHO}Password: ${WILL}${ECHO}`,
      `${DO}${ECHO}${DONT}${SGA}${DONT}${ECHO}${DO}${ECHO}`,
      true,
    ],
    [
      'stays without ECHO if a target insists (RFC 1143: DONT answered by WILL)',
      `${WILL}${ECHO}${WILL}${SGA}${WILL}${ECHO}`,
      `${DO}${ECHO}${DONT}${SGA}${DONT}${ECHO}`,
      false,
    ],
  ])('%s', (_rule, sent, answers, hidesInput) => {
    expect(decode(cut(sent))).toMatchObject({ answers, hidesInput });
  });
});

describe.each([
  ['whole', (bytes: string) => [bytes]],
  ['byte by byte', (bytes: string) => [...bytes]],
])('to the target, sent %s:', (_how, cut) => {
  test.each<[rule: string, sent: string, encoded: string]>([
    ['doubles 0xFF', 'a\xffb\xff\xff', 'a\xff\xffb\xff\xff\xff\xff'],
    ['keeps CR LF and LF', 'a\r\nb\n', 'a\r\nb\n'],
    ['sends NUL after a bare CR', 'a\rb\r\rc\r\0\r\xff', 'a\r\0b\r\0\r\0c\r\0\0\r\0\xff\xff'],
    ['waits for what follows a CR', 'a\r', 'a\r'],
  ])('%s', (_rule, sent, encoded) => {
    expect(encode(cut(sent))).toBe(encoded);
  });
});

test('an empty message changes nothing between CR and LF', () => {
  expect(encode(['a\r', '', '\nb\r', '', 'c'])).toBe('a\r\nb\r\0c');
});

test('answers a flood of offers a limited number of times until the client sends', () => {
  const telnet = new Telnet();
  const flood = `${DO}${NAWS}${WILL}${SGA}`.repeat(MAX_ANSWERS);
  expect(decode([flood, flood], telnet).answers).toHaveLength(MAX_ANSWERS * 3);
  expect(decode([flood], telnet).answers).toBe('');
  telnet.encode(Buffer.from('x'));
  expect(decode([`${DO}${NAWS}`], telnet).answers).toBe(`${WONT}${NAWS}`);
});

test('two ends that both refuse everything fall silent', () => {
  const ends = [new Telnet(), new Telnet()] as const;
  let inTransit = `${WILL}${ECHO}${DO}${ECHO}${WILL}${SGA}${DO}${NAWS}${WILL}${ECHO}${DO}${SGA}`;
  let rounds = 0;
  for (; inTransit !== ''; rounds++) inTransit = decode([inTransit], ends[rounds % 2]).answers;
  expect(rounds).toBeLessThan(5);
});

/** Bytes, most of which mean something. */
const telnetBytes = fc
  .array(
    fc.oneof(
      fc.constantFrom(0xff, 0xff, 0xfb, 0xfc, 0xfd, 0xfe, 0xfa, 0xf0, 0xf1, 0x0d, 0x0a, 0, 1, 3),
      fc.integer({ min: 0, max: 255 }),
    ),
    { maxLength: 80 },
  )
  .map((bytes) => Buffer.from(bytes).toString('latin1'));

/** What is text: found in the whole of the bytes, by regular expressions. */
function referenceText(bytes: string): string {
  const option = /[\xfb-\xfe].?/;
  const subnegotiation = /\xfa(?:[^\xff]|\xff[^\xf0])*(?:\xff\xf0|\xff?$)/;
  const command = new RegExp(`\xff(?:${option.source}|${subnegotiation.source}|.?)`, 'gs');
  const text = bytes.replace(command, (found) => (found === '\xff\xff' ? '\xff' : ''));
  return text.replace(/\r\0/g, '\r');
}

const runs = { numRuns: quickOrFull(1000, 20_000) };

test('random bytes are decoded as by a reference, in chunks of any size', () => {
  fc.assert(
    fc.property(telnetBytes, fc.integer({ min: 1, max: 7 }), (bytes, size) => {
      const chunks = bytes.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
      const decoded = decode(chunks);
      expect(decoded).toEqual(decode([bytes]));
      expect(decoded.text).toBe(referenceText(bytes));
    }),
    runs,
  );
});

test('what one end encodes, the other decodes, in messages of any size', () => {
  fc.assert(
    fc.property(fc.array(telnetBytes), (messages) => {
      expect(decode([encode(messages)]).text).toBe(messages.join(''));
    }),
    runs,
  );
});
