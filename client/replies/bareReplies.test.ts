import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quickOrFull } from '../../testing/scale.ts';
import { BareReplies } from './bareReplies.ts';

const RUNS = quickOrFull(1000, 50_000);

/** What arrives after a line was sent, chunk by chunk; then the server is silent. */
function linesOf(replies: BareReplies, ...chunks: string[]): string[] {
  replies.sent();
  const text = chunks.map((chunk) => replies.receive(chunk)).join('') + replies.end();
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** Replies after the server has asked for a password. */
function afterPasswordRequired(): BareReplies {
  const replies = new BareReplies();
  linesOf(replies, '300 PASSWORD REQUIRED');
  return replies;
}

test.each<[chunks: string[], lines: string[]]>([
  [['200 OK'], ['200 OK']],
  [['200 OK\n'], ['200 OK']],
  [['200 OK\r\n'], ['200 OK']],
  [['20', '0 O', 'K'], ['200 OK']],
  [['200 OKthe message'], ['200 OK', 'the message']],
  [
    ['200 OK', 'the message'],
    ['200 OK', 'the message'],
  ],
  [['200 OK\nthe message\n'], ['200 OK', 'the message']],
  [
    ['200 OK', '\n', 'the message', '\n'],
    ['200 OK', 'the message'],
  ],
  [
    ['200 OK', 'the mes', 'sage'],
    ['200 OK', 'the message'],
  ],
  [['200 OKAYs for everyone'], ['200 OK', 'AYs for everyone']],
  [
    ['200 OK', 'AYs for everyone'],
    ['200 OK', 'AYs for everyone'],
  ],
  [['200 OK301 WRONG PASSWORD, 200 OK'], ['200 OK', '301 WRONG PASSWORD, 200 OK']],
  [
    ['200 OK', '200 OK'],
    ['200 OK', '200 OK'],
  ],
  [['400 Bad Request'], ['400 Bad Request']],
  [['400 UNKNOWN ', 'COMMAND'], ['400 UNKNOWN COMMAND']],
  [['EXPECTED MOTD, RECEIVED COMMAND'], ['EXPECTED MOTD, RECEIVED COMMAND']],
  [['404 no such ', 'thing'], ['404 no such thing']],
  [['\n', ' 200 OK'], ['200 OK']],
  [['200'], ['200']],
  [['200 OK 17'], ['200 OK 17']],
  [['200 OK 17\n'], ['200 OK 17']],
  [['424 BAD TIME'], ['424 BAD TIME']],
  [['424 BAD TIME\n'], ['424 BAD TIME']],
  [['424 BAD TIME', ': NO TIME ZONE'], ['424 BAD TIME: NO TIME ZONE']],
  [[], []],
])('ends the replies in %j', (chunks, lines) => {
  expect(linesOf(new BareReplies(), ...chunks)).toEqual(lines);
});

test.each<[chunks: string[], lines: string[]]>([
  [['200 OKAY'], ['200 OKAY']],
  [['200 OK', 'AY'], ['200 OKAY']],
  [['200 OK'], ['200 OK']],
  [['200 OKA'], ['200 OK', 'A']],
  [['301 WRONG PASSWORD'], ['301 WRONG PASSWORD']],
])('ends the replies to a password in %j', (chunks, lines) => {
  expect(linesOf(afterPasswordRequired(), ...chunks)).toEqual(lines);
});

describe('awaits silence', () => {
  test('only if something may follow', () => {
    const replies = new BareReplies();
    replies.sent();
    expect(replies.isUnfinished).toBe(false);
    expect(replies.receive('200')).toBe('');
    expect(replies.isUnfinished).toBe(true);
    expect(replies.receive(' OK')).toBe('200 OK\n');
    expect(replies.isUnfinished).toBe(false);
    expect(replies.receive('the message')).toBe('the message');
    expect(replies.isUnfinished).toBe(true);
    expect(replies.receive(', at last\n')).toBe(', at last\n');
    expect(replies.isUnfinished).toBe(false);
  });

  test('after 200 OK to a password, which may become 200 OKAY', () => {
    const replies = afterPasswordRequired();
    replies.sent();
    expect(replies.receive('200 OK')).toBe('');
    expect(replies.isUnfinished).toBe(true);
    expect(replies.receive('AY')).toBe('200 OKAY\n');
    expect(replies.isUnfinished).toBe(false);
  });

  test('at the end of unsolicited text', () => {
    const replies = new BareReplies();
    expect(replies.receive('421 IDLE TOO LONG')).toBe('421 IDLE TOO LONG');
    expect(replies.isUnfinished).toBe(true);
    expect(replies.end()).toBe('\n');
    expect(replies.end()).toBe('');
  });
});

/** A text that the server trims to itself. */
const message = fc
  .oneof(fc.string(), fc.constantFrom('AY', 'AYs', '200 OK', '301 WRONG PASSWORD!', '20', '4'))
  .map((text) => text.replaceAll('\n', '').trim())
  .filter((text) => text !== '');

const status = fc.constantFrom(
  '200 OK',
  '300 PASSWORD REQUIRED',
  '301 WRONG PASSWORD',
  '400 Bad Request',
  '400 UNKNOWN COMMAND',
  'EXPECTED MOTD, RECEIVED COMMAND',
  'Hello, I am another server',
);

/** What a server sends for one line, reply by reply. */
const exchange: fc.Arbitrary<string[]> = fc.oneof(
  message.map((text) => ['200 OK', text]),
  status.map((reply) => [reply]),
);

test('any chunks of any replies, with or without line ends, give the same replies', () => {
  const end = fc.constantFrom('', '\n', '\r\n');
  const exchanges = fc.array(fc.record({ lines: exchange, end }), { maxLength: 5 });
  fc.assert(
    fc.property(exchanges, fc.infiniteStream(fc.nat(8)), (all, sizes) => {
      const replies = new BareReplies();
      let last = '';
      for (const { lines, end: lineEnd } of all) {
        const expected = last === '300 PASSWORD REQUIRED' ? withoutMessage(lines) : lines;
        const text = expected.map((line) => `${line}${lineEnd}`).join('');
        expect(linesOf(replies, ...cut(text, sizes))).toEqual(expected);
        last = expected.at(-1) ?? '';
      }
    }),
    { numRuns: RUNS },
  );
});

/** No message follows a password. */
function withoutMessage(lines: string[]): string[] {
  return lines.slice(0, 1);
}

function cut(text: string, sizes: Iterator<number>): string[] {
  const chunks: string[] = [];
  for (let rest = text; rest !== ''; ) {
    const size = 1 + (sizes.next().value ?? 0);
    chunks.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return chunks;
}
