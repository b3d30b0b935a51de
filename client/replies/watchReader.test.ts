import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REPLY } from '../../protocol/replies.ts';
import { TOO_LONG_TO_SHOW } from '../dialogue/conversation.ts';
import { type WatchEvent, WatchReader } from './watchReader.ts';

function message(text: string): WatchEvent {
  return { is: 'message', message: text };
}

/** What is heard of a server that says this, cut into these pieces, after it was asked once. */
function heard(pieces: Iterable<string>, watching = new WatchReader()): WatchEvent[] {
  watching.ask();
  return [...pieces].flatMap((piece) => watching.received(piece));
}

describe.each([
  ['whole', (text: string) => [text]],
  ['byte by byte', (text: string) => [...text]],
])('told %s', (_how, cut) => {
  test.each<[rule: string, said: string, watched: WatchEvent[]]>([
    ['the message in force comes first', '200 OK\napple\n', [message('apple')]],
    ['and each later one', '200 OK\na\nb\nc\n', [message('a'), message('b'), message('c')]],
    ['CRLF is accepted', '200 OK\r\napple\r\n', [message('apple')]],
    ['what has no LF yet is no message', '200 OK\napple', []],
    ['controls are shown escaped', '200 OK\na\x1b[2J\u202eb\n', [message('a^[[2J\\u{202e}b')]],
    ['a message may be 200 OK', '200 OK\n200 OK\n200 OK\n', [message('200 OK'), message('200 OK')]],
    [
      'the message in force may be a dismissal’s words',
      `200 OK\n${REPLY.idleTooLong}\n`,
      [message(REPLY.idleTooLong)],
    ],
    [
      'a dismissal',
      `200 OK\na\n${REPLY.shuttingDown}\n`,
      [message('a'), { is: 'closing', reply: REPLY.shuttingDown }],
    ],
    [
      'a dismissal before anything else',
      `${REPLY.tooManyConnections}\n`,
      [{ is: 'closing', reply: REPLY.tooManyConnections }],
    ],
    ['an older server', '400 UNKNOWN COMMAND\n', [{ is: 'refused', reply: REPLY.unknownCommand }]],
    [
      'another service, and nothing after that',
      'MSGWATCH\n200 OK\napple\n',
      [{ is: 'refused', reply: 'MSGWATCH' }],
    ],
  ])('%s', (_rule, said, watched) => {
    expect(heard(cut(said))).toEqual(watched);
  });

  test('asked again, the message comes again, after what was on its way', () => {
    const watching = new WatchReader();
    heard(cut('200 OK\na\n'), watching);
    expect(heard(cut('b\n200 OK\nb\nc\n'), watching)).toEqual(['b', 'b', 'c'].map(message));
  });
});

test('a line that never ends is refused, and not kept', () => {
  expect(heard(['200 OK\n', 'x'.repeat(100_000)])).toEqual([
    { is: 'refused', reply: TOO_LONG_TO_SHOW },
  ]);
});

test('where it is cut never matters, and the newest message is the last one heard', () => {
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
        // The server is asked again after what is in `before`; whatever is stored then is told
        // anew.
        const said = (lines: string[]) => lines.map((text) => `${text}\n`).join('');
        const newest = after.at(-1) ?? before.at(-1) ?? '';
        const inForce = after.length > 0 ? 'between' : newest;
        const whole = `${said(before.slice(1))}200 OK\n${inForce}\n${said(after)}`;
        const ends = [0, ...cuts.toSorted((one, other) => one - other), whole.length];
        const pieces = ends.slice(1).map((end, i) => whole.slice(ends[i], end));

        const watching = new WatchReader();
        heard([`200 OK\n${before[0]}\n`], watching);
        const watched = heard(pieces, watching);
        expect(watched.at(-1)).toEqual(message(newest));
        const again = new WatchReader();
        heard([`200 OK\n${before[0]}\n`], again);
        expect(heard([whole], again)).toEqual(watched);
      },
    ),
  );
});
