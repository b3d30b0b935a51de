import { describe, expect, test } from 'vitest';
import { dropTelnetCommands } from './telnet.ts';

describe('removes from the start of a line', () => {
  test.each<[what: string, commands: string]>([
    [
      'the options that PuTTY offers',
      '\xff\xfb\x1f\xff\xfb\x20\xff\xfb\x18\xff\xfb\x27\xff\xfd\x01\xff\xfb\x03',
    ],
    ['the options that `telnet -8` asks for', '\xff\xfd\0\xff\xfb\0'],
    ['what telnet sends for Ctrl-C', '\xff\xf4\xff\xfd\x06'],
    ['Are You There', '\xff\xf6'],
    ['the keepalive of PuTTY', '\xff\xf1'],
    ['a Data Mark, whose IAC was sent as urgent data', '\xf2'],
    ['a window size', '\xff\xfa\x1f\0P\0\x18\xff\xf0'],
    ['the options of MUD clients', '\xff\xfd\xc9\xff\xfd\x46\xff\xfb\x56'],
    ['white space and NULs between them', '\xff\xf1\0 \xff\xf1\r'],
  ])('%s', (_what, commands) => {
    expect(dropTelnetCommands(`${commands}MSGGET`)).toBe('MSGGET');
    expect(dropTelnetCommands(commands)).toBe('');
  });

  test('a command whose option was trimmed as white space', () => {
    expect(dropTelnetCommands('\xff\xfd')).toBe('');
  });
});

test.each([
  ['text', 'MSGGET'],
  ['commands after text', 'MSGGET\xff\xf1'],
  ['IAC before a byte that is not a command', '\xffMSGGET'],
  ['an escaped byte 255', '\xff\xffMSGGET'],
  ['a byte order mark of UTF-16', '\xff\xfeM\0S\0'],
  ['an unterminated subnegotiation', '\xff\xfa\x1f\0P'],
])('keeps %s', (_what, line) => {
  expect(dropTelnetCommands(line)).toBe(line);
});

test.each(['\xff\xfa'.repeat(2000), '\xff\xf1'.repeat(2000), `\xff\xfa${'\xff'.repeat(4000)}`])(
  'takes linear time',
  (line) => {
    // A pattern that backtracks would take seconds, longer than the test's timeout.
    for (let times = 0; times < 1000; times++) dropTelnetCommands(line);
  },
);
