import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REPLY } from '../../protocol/replies.ts';
import { TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';
import { type WatchEvent, WatchReader } from './watchReader.ts';

function message(text: string): WatchEvent {
  return { is: 'message', message: text };
}

/** The events of these chunks after a request. */
function read(chunks: Iterable<string>, reader = new WatchReader()): WatchEvent[] {
  reader.request();
  return [...chunks].flatMap((chunk) => reader.receive(chunk));
}

/** How a text arrives. */
const CHUNKS: [how: string, split: (text: string) => string[]][] = [
  ['whole', (text) => [text]],
  ['byte by byte', (text) => [...text]],
];

describe.each(CHUNKS)('received %s', (_how, split) => {
  test.each<[rule: string, text: string, events: WatchEvent[]]>([
    ['reads the message in force', '200 OK\napple\n', [message('apple')]],
    ['reads every later message', '200 OK\na\nb\nc\n', [message('a'), message('b'), message('c')]],
    ['accepts CRLF', '200 OK\r\napple\r\n', [message('apple')]],
    ['awaits the LF of a message', '200 OK\napple', []],
    ['escapes control characters', '200 OK\na\x1b[2J\u202eb\n', [message('a^[[2J\\u{202e}b')]],
    [
      'reads 200 OK as a message',
      '200 OK\n200 OK\n200 OK\n',
      [message('200 OK'), message('200 OK')],
    ],
    [
      'reads a message in force that has the words of a closing reply',
      `200 OK\n${REPLY.idleTooLong}\n`,
      [message(REPLY.idleTooLong)],
    ],
    [
      'reads a closing reply',
      `200 OK\na\n${REPLY.shuttingDown}\n`,
      [message('a'), { is: 'closing', reply: REPLY.shuttingDown }],
    ],
    [
      'reads a closing reply instead of 200 OK',
      `${REPLY.tooManyConnections}\n`,
      [{ is: 'closing', reply: REPLY.tooManyConnections }],
    ],
    [
      'reports a server that does not know the command',
      '400 UNKNOWN COMMAND\n',
      [{ is: 'rejected', reply: REPLY.unknownCommand }],
    ],
    [
      'rejects a reply of another service, and ignores the rest',
      'MSGWATCH\n200 OK\napple\n',
      [{ is: 'rejected', reply: 'MSGWATCH' }],
    ],
  ])('%s', (_rule, text, events) => {
    expect(read(split(text))).toEqual(events);
  });

  test('reads the message again after a second request, and before it what was already sent', () => {
    const reader = new WatchReader();
    read(split('200 OK\na\n'), reader);
    expect(read(split('b\n200 OK\nb\nc\n'), reader)).toEqual(['b', 'b', 'c'].map(message));
  });
});

test('rejects a line without end', () => {
  expect(read(['200 OK\n', 'x'.repeat(100_000)])).toEqual([
    { is: 'rejected', reply: TOO_LONG_TO_SHOW },
  ]);
});

test('reads the same events wherever the chunks end, the newest message last', () => {
  const line = fc.constantFrom(
    'a',
    'b',
    '200 OK',
    '421 no reply',
    'EXPECTED MOTD, RECEIVED COMMAND',
  );
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1 }),
      fc.array(line),
      fc.array(fc.nat({ max: 200 })),
      (before, after, cuts) => {
        // The second request comes after `before`, and its reply repeats the message in force.
        const join = (lines: string[]) => lines.map((text) => `${text}\n`).join('');
        const newest = after.at(-1) ?? before.at(-1) ?? '';
        const inForce = after.length > 0 ? 'between' : newest;
        const whole = `${join(before.slice(1))}200 OK\n${inForce}\n${join(after)}`;
        const ends = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
        const pieces = ends.slice(1).map((end, i) => whole.slice(ends[i], end));

        const reader = new WatchReader();
        read([`200 OK\n${before[0]}\n`], reader);
        const events = read(pieces, reader);
        expect(events.at(-1)).toEqual(message(newest));
        const again = new WatchReader();
        read([`200 OK\n${before[0]}\n`], again);
        expect(read([whole], again)).toEqual(events);
      },
    ),
  );
});

describe('with details', () => {
  const line = (message: string) => `17 2026-11-22T12:00:00Z / anna ${message}`;
  const details = (text: string) => ({
    number: 17,
    storedAtMs: Date.parse('2026-11-22T12:00:00Z'),
    author: 'anna',
    message: text,
  });

  function readDetails(chunks: Iterable<string>, reader = new WatchReader()): WatchEvent[] {
    expect(reader.requestWithDetails()).toBe('MSGINFO\nMSGWATCH\n');
    return [...chunks].flatMap((chunk) => reader.receive(chunk));
  }

  describe.each(CHUNKS)('received %s', (_how, split) => {
    test.each<[rule: string, text: string, events: WatchEvent[]]>([
      [
        'reads the message and its details',
        `200 OK\n${line('a')}\n200 OK\na\n`,
        [{ is: 'message', message: 'a', details: details('a') }],
      ],
      [
        'leaves out the details of another message, which was replaced in between',
        `200 OK\n${line('a')}\n200 OK\nb\n`,
        [message('b')],
      ],
      [
        'reads the message alone if the server does not know them',
        `${REPLY.unknownCommand}\n200 OK\na\nb\n`,
        [message('a'), message('b')],
      ],
      [
        'reports a server that knows neither command',
        `${REPLY.unknownCommand}\n${REPLY.unknownCommand}\n`,
        [{ is: 'rejected', reply: REPLY.unknownCommand }],
      ],
      [
        'reads the message of a server that accepts the request, and sends no details',
        '200 OK\n200 OK\na\n',
        [message('a')],
      ],
      [
        'rejects a reply of another service',
        'MSGINFO\nMSGWATCH\n',
        [{ is: 'rejected', reply: 'MSGINFO' }],
      ],
    ])('%s', (_rule, text, events) => {
      expect(readDetails(split(text))).toEqual(events);
    });

    test.each(['b', '200 OK', REPLY.unknownCommand, line('b')])(
      'ends with the message in force if the update %j came before the reply',
      (update) => {
        const reader = new WatchReader();
        readDetails(split(`200 OK\n${line('a')}\n200 OK\na\n`), reader);
        const reply = `200 OK\n${line('c')}\n200 OK\nc\n`;
        const events = readDetails(split(`${update}\n${reply}`), reader);
        expect(events.at(-1)).toEqual({ is: 'message', message: 'c', details: details('c') });
        expect(reader.isAwaiting).toBe(false);
      },
    );
  });

  test('asks for them no longer if the server does not know them', () => {
    const reader = new WatchReader();
    readDetails([`${REPLY.unknownCommand}\n200 OK\na\n`], reader);
    expect(reader.knowsDetails).toBe(false);
    expect(reader.requestWithDetails()).toBe('MSGWATCH\n');
  });
});
