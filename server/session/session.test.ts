import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { goldens } from '../../e2e/golden/golden.ts';
import { WRITE_COMMANDS } from '../../protocol/commands.ts';
import { seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { SessionDriver } from './session.harness.ts';
import { Session } from './session.ts';
import type { WriteRequest } from './writeRequest.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const LONG = 'x'.repeat(4096);

describe.each([
  ['whole', (bytes: string) => [bytes]],
  ['byte by byte', (bytes: string) => [...bytes]],
])('input sent %s', (_how, cut) => {
  test.each(goldens)('case $name', ({ typed, replies, isOpen }) => {
    const driver = new SessionDriver().receive(...cut(typed.map((line) => `${line}\n`).join('')));
    expect(driver.sent).toBe(replies);
    expect(driver.isClosed).toBe(!isOpen);
  });

  test.each<[rule: string, bytes: string, sent: string]>([
    ['answers MSGGET with the message', 'MSGGET\n', `200 OK\n${APPLE}\n`],
    ['puts a stored message in force', 'MSGSTORE\nb\nMSGGET\n', '200 OK\n200 OK\n200 OK\nb\n'],
    [
      'keeps white space inside a message',
      'MSGSTORE\n a  b \nMSGGET\n',
      '200 OK\n200 OK\n200 OK\na  b\n',
    ],
    ['accepts CRLF', 'MSGGET\r\n', `200 OK\n${APPLE}\n`],
    [
      'ignores blank lines in every state',
      '\n\nMSGSTORE\n\n \nb\n\nSHUTDOWN\n\nx\n',
      '200 OK\n200 OK\n300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n',
    ],
    ['rejects a command in lower case', 'msgget\n', '400 UNKNOWN COMMAND\n'],
    ['rejects a command with an argument', 'MSGGET now\n', '400 UNKNOWN COMMAND\n'],
    [
      'rejects the names of object members as commands',
      'constructor\n__proto__\n',
      '400 UNKNOWN COMMAND\n400 UNKNOWN COMMAND\n',
    ],
    [
      'rejects every command as a message',
      'MSGSTORE\nMSGGET\nMSGSTORE\nSHUTDOWN\nMSGSTORE\nMSGSTORE\n',
      '200 OK\nEXPECTED MOTD, RECEIVED COMMAND\n'.repeat(3),
    ],
    [
      'does not run a command sent as a message',
      'MSGSTORE\nSHUTDOWN\n123!abc\n',
      '200 OK\nEXPECTED MOTD, RECEIVED COMMAND\n400 UNKNOWN COMMAND\n',
    ],
    [
      'takes a command for a wrong password',
      'SHUTDOWN\nQUIT\nMSGGET\n',
      `300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n200 OK\n${APPLE}\n`,
    ],
    ['answers nothing after QUIT', 'QUIT\nMSGGET\n', '200 OK\n'],
    [
      'answers nothing after the right shutdown password',
      'SHUTDOWN\n123!abc\nMSGGET\n',
      '300 PASSWORD REQUIRED\n200 OKAY\n',
    ],
    [
      'stores a message of 4,096 bytes',
      `MSGSTORE\n${LONG}\nMSGGET\n`,
      `200 OK\n200 OK\n200 OK\n${LONG}\n`,
    ],
    [
      'rejects a longer message, and awaits a command',
      `MSGSTORE\n${LONG}x\nMSGGET\n`,
      `200 OK\n413 LINE TOO LONG\n200 OK\n${APPLE}\n`,
    ],
    [
      'rejects a longer password, and awaits a command',
      `SHUTDOWN\n${LONG}x\nFOO\n`,
      '300 PASSWORD REQUIRED\n413 LINE TOO LONG\n400 UNKNOWN COMMAND\n',
    ],
    [
      'rejects a message that is not UTF-8',
      'MSGSTORE\n\xff\nMSGGET\n',
      `200 OK\n422 NOT PLAIN TEXT\n200 OK\n${APPLE}\n`,
    ],
    [
      'rejects a message with terminal control characters',
      'MSGSTORE\n\x1b[2J\nFOO\n',
      '200 OK\n422 NOT PLAIN TEXT\n400 UNKNOWN COMMAND\n',
    ],
    ['removes NUL after a command', 'MSGGET\0\n', `200 OK\n${APPLE}\n`],
    ['ends a command at CR NUL', 'MSGGET\r\0', `200 OK\n${APPLE}\n`],
    [
      'reads lines from buffers filled with NULs',
      `${'MSGSTORE\n'.padEnd(64, '\0')}${'hello\n'.padEnd(64, '\0')}MSGGET\n`,
      '200 OK\n200 OK\n200 OK\nhello\n',
    ],
    [
      'reads lines from buffers longer than the limit',
      ['MSGSTORE\n', 'hello world\n', 'MSGGET\n'].map((line) => line.padEnd(8192, '\0')).join(''),
      '200 OK\n200 OK\n200 OK\nhello world\n',
    ],
    ['removes NUL after a password', 'SHUTDOWN\n123!abc\0\n', '300 PASSWORD REQUIRED\n200 OKAY\n'],
    [
      'rejects a message that contains NUL',
      'MSGSTORE\na\0b\nMSGGET\n',
      `200 OK\n422 NOT PLAIN TEXT\n200 OK\n${APPLE}\n`,
    ],
    [
      'removes a byte order mark before the first command',
      '\xef\xbb\xbfMSGGET\r\n',
      `200 OK\n${APPLE}\n`,
    ],
    [
      'rejects a byte order mark before a later command',
      'MSGGET\n\xef\xbb\xbfMSGGET\n',
      `200 OK\n${APPLE}\n400 UNKNOWN COMMAND\n`,
    ],
    [
      'rejects a message with a byte order mark',
      'MSGSTORE\n\xef\xbb\xbfhello\nMSGSTORE\nhel\xef\xbb\xbflo\n',
      '200 OK\n422 NOT PLAIN TEXT\n'.repeat(2),
    ],
    [
      'removes telnet commands before a command, and does not answer them',
      '\xff\xfb\x1f\xff\xfd\x03\r\n\xff\xfd\x01MSGGET\r\n\xff\xf4\xff\xfd\x06MSGGET\r\n\xff\xf1\r\n',
      `200 OK\n${APPLE}\n`.repeat(2),
    ],
    [
      'removes telnet commands before a message or a password',
      'MSGSTORE\n\xff\xf4\xff\xfd\x06\r\n\xff\xf1hello\nMSGGET\nSHUTDOWN\n\xff\xf1\n\xff\xf1123!abc\n',
      '200 OK\n200 OK\n200 OK\nhello\n300 PASSWORD REQUIRED\n200 OKAY\n',
    ],
    [
      'rejects a message that contains telnet commands or UTF-16',
      'MSGSTORE\nhel\xff\xf1lo\nMSGSTORE\n\xff\xfeh\0i\0\n',
      '200 OK\n422 NOT PLAIN TEXT\n'.repeat(2),
    ],
    [
      'does not end a watch at a telnet command',
      'MSGWATCH\n\xff\xf1\nMSGGET\n',
      `200 OK\n${APPLE}\n`.repeat(2),
    ],
    [
      'ends the history with its end line',
      'MSGHIST\nMSGSTORE\nb\nMSGHIST\n',
      '200 OK\n.\n200 OK\n200 OK\n200 OK\nb\n.\n',
    ],
    [
      'ends a watch at any line, and handles the line',
      'MSGWATCH\n\nFOO\nMSGGET\n',
      `200 OK\n${APPLE}\n400 UNKNOWN COMMAND\n200 OK\n${APPLE}\n`,
    ],
    [
      'closes at the third wrong password',
      'SHUTDOWN\na\nSHUTDOWN\nb\nSHUTDOWN\nc\nMSGGET\n',
      '300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n'.repeat(2) +
        '300 PASSWORD REQUIRED\n421 TOO MANY WRONG PASSWORDS\n',
    ],
  ])('%s', (_rule, bytes, sent) => {
    expect(new SessionDriver().receive(...cut(bytes)).sent).toBe(sent);
  });

  test.each<[rule: string, protocol: string, bytes: string]>([
    [
      'a form posted by a web page',
      'HTTP',
      'POST / HTTP/1.1\r\nHost: 127.0.0.1:26310\r\nContent-Type: text/plain\r\n\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    [
      'a request line after blank lines',
      'HTTP',
      '\r\n \nget / http/1.0\n\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    [
      'a request line over the limit',
      'HTTP',
      `GET /${LONG} HTTP/1.1\r\n\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n`,
    ],
    [
      'a request line over the limit, with any method, without a header',
      'HTTP',
      `QUERY /${LONG} HTTP/1.1\r\n\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n`,
    ],
    [
      'a request line after more white space than the limit',
      'white space',
      `${' '.repeat(5000)}POST / HTTP/1.1\r\n\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n`,
    ],
    [
      'a TLS handshake whose ticket contains commands',
      'TLS',
      '\x16\x03\x01\x02\0\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    ['an SSH banner', 'SSH', 'SSH-2.0-x\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n'],
    [
      'a PROXY header that is not trusted',
      'PROXY',
      'PROXY TCP4 192.0.2.7 198.51.100.1 1 2\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    [
      'a PROXY header of version 2',
      'PROXY',
      '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0cMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    ['binary data', 'binary data', '\xfe\x01\x80\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n'],
    [
      'a request line after a byte order mark and telnet commands',
      'HTTP',
      '\xef\xbb\xbf\xff\xf1POST / HTTP/1.1\r\n\r\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    [
      'a request whose lines end in CR NUL',
      'HTTP',
      'POST / HTTP/1.1\r\0\r\0MSGSTORE\r\0owned\r\0SHUTDOWN\r\x00123!abc\r\0',
    ],
    [
      'binary data after telnet commands',
      'binary data',
      '\xff\xf1a\0b\nMSGSTORE\nowned\nSHUTDOWN\n123!abc\n',
    ],
    ['text in UTF-16', 'UTF-16', '\xff\xfeM\0S\0G\0G\0E\0T\0\r\0\n\0'],
    [
      'text in UTF-16 without a byte order mark',
      'binary data',
      'M\0S\0G\0S\0T\0O\0R\0E\0\r\0\n\0MSGSTORE\nowned\n',
    ],
  ])('rejects %s once, and runs nothing after it', (_what, protocol, bytes) => {
    const driver = new SessionDriver().receive(...cut(bytes)).endInput();
    expect(driver).toMatchObject({
      sent: '400 UNKNOWN COMMAND\n',
      rejectedProtocol: protocol,
      isClosed: true,
      isServerDown: false,
      message: APPLE,
      lines: [],
    });
  });

  test.each([
    ['after a telnet command', 'MSGGET\n\xff\xf1Host: x\nMSGSTORE\nowned\n', `200 OK\n${APPLE}\n`],
    ['after a command', 'MSGGET\nHost: x\nMSGSTORE\nowned\n', `200 OK\n${APPLE}\n`],
    ['after an unknown one', 'FOO\nOrigin: http://x\nMSGSTORE\nowned\n', '400 UNKNOWN COMMAND\n'],
    ['during a watch', 'MSGWATCH\nReferer: x\nMSGSTORE\nowned\n', `200 OK\n${APPLE}\n`],
    ['after a line over the limit', `${LONG}x\nHost: x\nMSGSTORE\nowned\n`, '413 LINE TOO LONG\n'],
    [
      'after a message that looks like a header',
      'MSGSTORE\nHost: db1 is down\nHost: x\nMSGSTORE\nowned\n',
      '200 OK\n200 OK\n',
    ],
  ])('closes at an HTTP header %s', (_where, bytes, before) => {
    const driver = new SessionDriver().receive(...cut(bytes));
    expect(driver.sent).toBe(`${before}400 UNKNOWN COMMAND\n`);
    expect(driver.rejectedProtocol).toBe('HTTP');
    expect(driver.isClosed).toBe(true);
    expect(driver.message).not.toBe('owned');
  });

  test('accepts a message or a password that looks like another protocol', () => {
    const driver = new SessionDriver().receive(
      ...cut('MSGSTORE\nGET / HTTP/1.1\nSHUTDOWN\nHost: x\nMSGGET\n'),
    );
    expect(driver.sent).toBe(
      '200 OK\n200 OK\n300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n200 OK\nGET / HTTP/1.1\n',
    );
  });

  test.each<[rule: string, bytes: string, sent: string]>([
    [
      'awaits the password after MSGSTORE, then the message',
      'MSGSTORE\n123!abc\nb\nMSGGET\n',
      '300 PASSWORD REQUIRED\n200 OK\n200 OK\n200 OK\nb\n',
    ],
    [
      'stores nothing after a wrong password',
      'MSGSTORE\nwrong\nb\nMSGGET\n',
      `300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n400 UNKNOWN COMMAND\n200 OK\n${APPLE}\n`,
    ],
    [
      'requires the password for every store',
      'MSGSTORE\n123!abc\nb\nMSGSTORE\nc\n',
      '300 PASSWORD REQUIRED\n200 OK\n200 OK\n300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n',
    ],
    [
      'permits only a message',
      'MSGSTORE\n123!abc\nSHUTDOWN\nMSGGET\n',
      `300 PASSWORD REQUIRED\n200 OK\nEXPECTED MOTD, RECEIVED COMMAND\n200 OK\n${APPLE}\n`,
    ],
  ])('with a store password: %s', (_rule, bytes, sent) => {
    const driver = new SessionDriver({ isStoreGuarded: true }).receive(...cut(bytes));
    expect(driver.sent).toBe(sent);
    expect(driver.lines).not.toContain('123!abc');
  });

  test.each<[line: string, request: WriteRequest]>([
    [
      'MSGPLAN\n2026-11-27T18:00Z/2026-11-27T20:00Z  Down for  repair \n',
      {
        is: 'plan',
        window: { fromMs: Date.UTC(2026, 10, 27, 18), untilMs: Date.UTC(2026, 10, 27, 20) },
        message: 'Down for  repair',
      },
    ],
    [
      'MSGPLAN\n/2026-11-27T20:00Z\tGr\xc3\xbc\xc3\x9fe\n',
      { is: 'plan', window: { untilMs: Date.UTC(2026, 10, 27, 20) }, message: 'Grüße' },
    ],
    ['MSGREPLACE\n0 \xe3\x80\x80\n', { is: 'replace', number: 0, message: '\u3000' }],
    ['MSGCANCEL\n17\n', { is: 'cancel', number: 17 }],
    ['MSGREPLACE\n0 a  b\n', { is: 'replace', number: 0, message: 'a  b' }],
  ])('reads what a command is to change: %j', (bytes, request) => {
    const driver = new SessionDriver().receive(...cut(bytes));
    expect(driver.requests).toEqual([request]);
    expect(driver.sent).toBe('200 OK\n200 OK\n');
  });

  test.each<[bytes: string, reply: string]>([
    ['MSGPLAN\nMSGPLANS\n', 'EXPECTED MOTD, RECEIVED COMMAND'],
    ['MSGCANCEL\nQUIT\n', 'EXPECTED MOTD, RECEIVED COMMAND'],
    ['MSGREPLACE\nMSGGET\n', 'EXPECTED MOTD, RECEIVED COMMAND'],
    ['MSGSTORE\nMSGCANCEL\n', 'EXPECTED MOTD, RECEIVED COMMAND'],
    ['MSGPLAN\ntonight at six\n', '424 BAD TIME'],
    ['MSGPLAN\n2026-11-27T18:00/ a\n', '424 BAD TIME: NO TIME ZONE'],
    ['MSGPLAN\n2026-11-27T18:00Z/\n', '400 NO TEXT'],
    ['MSGPLAN\n2026-11-27T18:00Z/\xc2\xa0\n', '424 BAD TIME'],
    ['MSGPLAN\n2026-11-27T18:00Z/ \x1b[2J\n', '422 NOT PLAIN TEXT'],
    ['MSGCANCEL\nlast\n', '400 BAD NUMBER'],
    ['MSGCANCEL\n1 2\n', '400 BAD NUMBER'],
    ['MSGCANCEL\n-1\n', '400 BAD NUMBER'],
    ['MSGCANCEL\n1234567890123456\n', '400 BAD NUMBER'],
    ['MSGREPLACE\n17\n', '400 NO TEXT'],
    ['MSGREPLACE\nnew text\n', '400 BAD NUMBER'],
    ['MSGREPLACE\n1 \xff\n', '422 NOT PLAIN TEXT'],
  ])('changes nothing after %j', (bytes, reply) => {
    const driver = new SessionDriver().receive(...cut(`${bytes}MSGGET\n`));
    expect(driver.sent).toBe(`200 OK\n${reply}\n200 OK\n${APPLE}\n`);
    expect(driver.requests).toEqual([]);
  });

  test.each(WRITE_COMMANDS)('with a store password: %s requires it', (command) => {
    const driver = new SessionDriver({ isStoreGuarded: true });
    driver.receive(...cut(`${command}\nwrong\n${command}\n123!abc\n`));
    expect(driver.sent).toBe(
      '300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n300 PASSWORD REQUIRED\n200 OK\n',
    );
  });

  test('decodes a message as UTF-8', () => {
    const bytes = Buffer.from('Grüße, 漢字 👩🏽‍💻 à', 'utf8').toString('latin1');
    expect(new SessionDriver().receive(...cut(`MSGSTORE\n${bytes}\n`)).message).toBe(
      'Grüße, 漢字 👩🏽‍💻 à',
    );
  });

  test('treats text without an LF as a line when the peer half-closes', () => {
    const driver = new SessionDriver().receive(...cut('MSGSTORE\nb\nMSGGET')).endInput();
    expect(driver.sent).toBe('200 OK\n200 OK\n200 OK\nb\n');
    expect(driver.isClosed).toBe(true);
  });

  test('never passes a password to the log', () => {
    const driver = new SessionDriver().receive(
      ...cut('SHUTDOWN\nsecret\nMSGGET\nSHUTDOWN\n123!abc\n'),
    );
    expect(driver.lines).toEqual(['SHUTDOWN', 'MSGGET', 'SHUTDOWN']);
    expect(driver.isServerDown).toBe(true);
  });

  test.each<[rule: string, input: string, logged: string[]]>([
    ['before its command', '123!abc\nSHUTDOWN\n', ['SHUTDOWN']],
    ['on the line of its command', 'SHUTDOWN 123!abc\nMSGSTORE\t123!abc new\nMSGGET\n', ['MSGGET']],
    ['after a command that has no line end', 'SHUTDOWN123!abc\n', []],
    ['after a command in lower case', 'shutdown\n123!abc\nshutdown 123!abc\n', []],
    [
      'after a command sent as a message',
      'MSGSTORE\n123!abc\nSHUTDOWN\n123!abc\n',
      ['MSGSTORE', 'SHUTDOWN'],
    ],
    [
      'in place of a command, among telnet commands',
      '\xff\xfb\x1f123!abc\n\xff\xf1SHUTDOWN 123!abc\n',
      [],
    ],
    ['that ends a watch', 'MSGWATCH\n123!abc\n', ['MSGWATCH']],
    ['after a wrong one', 'SHUTDOWN\nx\n\n123!abc\n\xff\xfb\x1f123!abc\n', ['SHUTDOWN']],
    ['after a line over the limit', `SHUTDOWN\n${'x'.repeat(5000)}\n123!abc\n`, ['SHUTDOWN']],
    [
      'of another command',
      'MSGSTORE\nx\n123!abc\nMSGSTORE\n123!abc\nnew\n123!abc\n',
      ['MSGSTORE', 'MSGSTORE', 'new'],
    ],
  ])('never passes what may be a password to the log: %s', (_rule, input, logged) => {
    const driver = new SessionDriver({ isStoreGuarded: true }).receive(...cut(input));
    expect(driver.lines).toEqual(logged);
  });

  test.each(['MSGPLAN', 'MSGCANCEL', 'MSGREPLACE'])(
    'does not pass a line that %s rejects to the log: it may be a password',
    (command) => {
      const driver = new SessionDriver().receive(...cut(`${command}\na password\n`));
      expect(driver.lines).toEqual([command]);
    },
  );

  test('answers a password at the wrong place as any unknown command', () => {
    const driver = new SessionDriver().receive(...cut('SHUTDOWN\nx\n123!abc\nMSGGET\n'));
    expect(driver.sent).toBe(
      `300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n400 UNKNOWN COMMAND\n200 OK\n${APPLE}\n`,
    );
  });
});

test('gives the same replies for every split into chunks', {
  timeout: scaled(20_000, 600_000),
}, () => {
  const words = fc.constantFrom(
    'MSGGET',
    'MSGSTORE',
    'MSGWATCH',
    'MSGHIST',
    'MSGPLAN',
    '/2099-01-01T00:00Z ',
    'MSGCANCEL',
    'MSGREPLACE',
    '1 ',
    'MSGINFO',
    'QUIT',
    'SHUTDOWN',
    '123!abc',
    '\n',
    '\r\n',
    '\xff',
    '\0',
    ' ',
    'GET / HTTP/1.1',
    'Host: x\n',
    'PROXY TCP4 ',
    '\x16\x03\x01',
    '\r\n\r\n\0\r\nQUIT\n',
    'x'.repeat(3000),
  );
  const numRuns = scaled(1000, 100_000);
  fc.assert(
    fc.property(fc.array(words, { maxLength: 30 }), fc.array(fc.nat(20)), (parts, sizes) => {
      const bytes = parts.join('');
      const chunks = [];
      let at = 0;
      for (const size of sizes) {
        chunks.push(bytes.slice(at, at + size));
        at += size;
      }
      const cut = new SessionDriver().receive(...chunks, bytes.slice(at)).endInput();
      const whole = new SessionDriver().receive(bytes).endInput();
      expect(cut.sent).toBe(whole.sent);
      expect(cut.message).toBe(whole.message);
    }),
    { numRuns, seed },
  );
  record(
    'random splits of the same bytes',
    `${numRuns.toLocaleString('en')} splits; the same replies each time`,
  );
});

test('answers further lines only after the outcome, in order', () => {
  const session = new Session({ isStoreGuarded: false });
  session.receive('MSGSTORE\nb\nMSGGET\n');
  expect(session.next()).toMatchObject({ reply: '200 OK' });
  expect(session.next()).toMatchObject({ do: 'write', request: { is: 'store', message: 'b' } });
  expect(session.awaitsOutcome).toBe(true);
  expect(session.next()).toBeUndefined();
  session.written('200 OK');
  expect(session.next()).toEqual({ do: 'reply', reply: '200 OK' });
  expect(session.next()).toMatchObject({ do: 'sendMessage' });
});

test('answers a failed store with 503, and keeps the old message', () => {
  const driver = new SessionDriver();
  driver.isStoreBroken = true;
  driver.receive('MSGSTORE\nb\nMSGGET\n');
  expect(driver.sent).toBe(`200 OK\n503 STORE UNAVAILABLE\n200 OK\n${APPLE}\n`);
});

describe('a client that never sends an LF', () => {
  test('is answered when it is silent after a command', () => {
    const driver = new SessionDriver().receive('MSGGET');
    expect(driver.session.mayBeBareClient).toBe(true);
    expect(driver.endQuietLine().sent).toBe(`200 OK\n${APPLE}\n`);
  });

  test('can use every command', () => {
    const driver = new SessionDriver();
    for (const line of ['MSGSTORE', 'b', 'SHUTDOWN', 'wrong', 'QUIT'])
      driver.receive(line).endQuietLine();
    expect(driver.sent).toBe('200 OK\n200 OK\n300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n200 OK\n');
    expect(driver.isClosed).toBe(true);
  });

  test('may send NUL after its strings, or a whole buffer', () => {
    const driver = new SessionDriver().receive('\xef\xbb\xbfMSGSTORE\0').endQuietLine();
    for (const size of [64, 4096, 8192]) {
      const message = `hello ${size}`;
      if (size > 64) driver.receive('MSGSTORE'.padEnd(size, '\0')).endQuietLine();
      expect(driver.receive(message.padEnd(size, '\0')).endQuietLine().message).toBe(message);
    }
    expect(
      driver.receive('\xff\xf1SHUTDOWN\0').endQuietLine().receive('123!abc\0').endQuietLine().sent,
    ).toBe(`${'200 OK\n200 OK\n'.repeat(3)}300 PASSWORD REQUIRED\n200 OKAY\n`);
  });

  test('may send telnet negotiation first', () => {
    const driver = new SessionDriver().receive('\xff\xfd\x03\xff\xfd\x01').endQuietLine();
    expect(driver.receive('MSGGET').endQuietLine().sent).toBe(`200 OK\n${APPLE}\n`);
  });

  test('is no longer assumed after CR NUL, the Enter of telnet', () => {
    const driver = new SessionDriver().receive('MSGSTORE').endQuietLine().receive('\r', '\0');
    for (const key of 'hello') driver.receive(key).endQuietLine();
    expect(driver.receive('\r\0').message).toBe('hello');
  });

  describe('that ends its lines with CR alone, as `socat -,raw` and Tera Term do', () => {
    /** Sends each character by itself, as a slow typist does. */
    function type(driver: SessionDriver, text: string): SessionDriver {
      for (const key of text) driver.receive(key).endQuietLine();
      return driver;
    }

    test('may type a message and a password slowly', () => {
      const driver = type(new SessionDriver(), 'MSGSTORE\rhello you\r');
      expect(driver.message).toBe('hello you');
      expect(type(driver, 'SHUTDOWN\r123!abc\r').sent).toBe(
        '200 OK\n200 OK\n300 PASSWORD REQUIRED\n200 OKAY\n',
      );
    });

    test('may send whole lines', () => {
      const driver = new SessionDriver()
        .receive('MSGSTORE\r')
        .endQuietLine()
        .receive('a\r')
        .endQuietLine();
      expect(driver.message).toBe('a');
      expect(
        driver.receive('MSGSTORE\r').endQuietLine().receive('hal').endQuietLine().message,
      ).toBe('a');
      expect(driver.receive('f\r').endQuietLine().message).toBe('half');
    });

    test('is sent an error for an unknown command', () => {
      const driver = type(new SessionDriver(), 'MSGGTE\rMSGGET\r');
      expect(driver.sent).toBe(`400 UNKNOWN COMMAND\n200 OK\n${APPLE}\n`);
    });
  });

  test('may pause in the middle of a command', () => {
    const driver = new SessionDriver().receive('MSG').endQuietLine().receive('GET');
    expect(driver.sent).toBe('');
    expect(driver.endQuietLine().sent).toBe(`200 OK\n${APPLE}\n`);
  });

  test('may send a late LF, which is a blank line', () => {
    const driver = new SessionDriver().receive('MSGSTORE').endQuietLine().receive('\nb\n');
    expect(driver.message).toBe('b');
  });

  test('is no longer assumed after the first LF', () => {
    const driver = new SessionDriver()
      .receive('MSGSTORE\nhalf a mess')
      .endQuietLine()
      .receive('age\n');
    expect(driver.message).toBe('half a message');
    expect(driver.receive('MSGGET').session.mayBeBareClient).toBe(false);
  });

  test('is not timed out while an outcome is awaited', () => {
    const session = new Session({ isStoreGuarded: false });
    session.receive('MSGSTORE');
    session.endQuietLine();
    session.next();
    session.receive('b');
    session.endQuietLine();
    expect(session.next()).toMatchObject({ do: 'write' });
    session.receive('QU');
    expect(session.endQuietLine()).toBe(false);
    session.written('200 OK');
    expect(session.next()).toEqual({ do: 'reply', reply: '200 OK' });
    session.receive('IT');
    session.endQuietLine();
    expect(session.next()).toMatchObject({ reply: '200 OK', line: 'QUIT' });
  });
});

test('closeWith answers the lines received so far, sends the reply, and closes', () => {
  const driver = new SessionDriver();
  driver.session.receive('MSGGET\nMSGGE');
  driver.closeWith();
  expect(driver.sent).toBe(`200 OK\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
  expect(driver.isClosed).toBe(true);
});

test('sends the reply of closeWith also if the peer half-closes before', () => {
  const session = new Session({ isStoreGuarded: false });
  session.receive('MSGGET\n');
  session.closeWith('421 SERVER SHUTTING DOWN');
  session.endInput();
  expect(session.next()).toMatchObject({ do: 'sendMessage' });
  expect(session.next()).toMatchObject({ reply: '421 SERVER SHUTTING DOWN' });
  expect(session.next()).toEqual({ do: 'close' });
});

describe('a watcher', () => {
  test('is sent every message stored while it watches, and no other', () => {
    const driver = new SessionDriver().updated('before').receive('MSGWATCH\n');
    driver.updated('a').updated('b').receive('MSGGET\n').updated('after');
    expect(driver.sent).toBe('200 OK\nbefore\na\nb\n200 OK\nb\n');
    expect(driver.session.isWatching).toBe(false);
  });

  test('may be a bare client', () => {
    const driver = new SessionDriver().receive('MSGWATCH').endQuietLine().updated('a');
    expect(driver.receive('QUIT').endQuietLine().sent).toBe(`200 OK\n${APPLE}\na\n200 OK\n`);
  });

  test('is sent the last update before the closing reply', () => {
    const driver = new SessionDriver().receive('MSGWATCH\n');
    driver.session.updated();
    expect(driver.closeWith().sent).toBe(`200 OK\n${APPLE}\n${APPLE}\n421 SERVER SHUTTING DOWN\n`);
  });
});

test('closes if a password was not checked', () => {
  const session = new Session({ isStoreGuarded: false });
  session.receive('SHUTDOWN\nx\nMSGGET\n');
  session.next();
  expect(session.next()).toMatchObject({ do: 'checkPassword', password: 'x', use: 'shutDown' });
  session.passwordChecked('notChecked');
  expect(session.next()).toMatchObject({ reply: '421 TOO MANY WRONG PASSWORDS' });
  expect(session.next()).toEqual({ do: 'close' });
  expect(session.next()).toBeUndefined();
});

test('neither buffers nor answers input after the close', () => {
  const driver = new SessionDriver().receive('QUIT\n').receive('MSGGET\n', LONG);
  expect(driver.sent).toBe('200 OK\n');
  expect(driver.session.mayBeBareClient).toBe(false);
});

describe('if the end of each read ends a line', () => {
  const driverForReads = () =>
    new SessionDriver({ isStoreGuarded: false, takesReadsAsLines: true });

  test('needs neither an LF nor silence, in any state', () => {
    const driver = driverForReads().receive(
      'MSGSTORE',
      'b',
      'SHUTDOWN',
      'wrong',
      'FOO',
      'MSGWATCH',
    );
    expect(driver.sent).toBe(
      '200 OK\n200 OK\n300 PASSWORD REQUIRED\n301 WRONG PASSWORD\n400 UNKNOWN COMMAND\n200 OK\nb\n',
    );
    expect(driver.lines).toEqual(['MSGSTORE', 'b', 'SHUTDOWN', 'MSGWATCH']);
    expect(driver.session.mayBeBareClient).toBe(false);
  });

  test('still ends a line at each LF, also when it arrives by itself', () => {
    const driver = driverForReads().receive('MSGSTORE\nb\nMSGSTORE', '\n', 'c\r\n', '\n\nQUIT');
    expect(driver.lines).toEqual(['MSGSTORE', 'b', 'MSGSTORE', 'c', 'QUIT']);
    expect(driver.isClosed).toBe(true);
  });

  test('drops a byte order mark, telnet commands and NULs as before', () => {
    const driver = driverForReads().receive(
      '',
      '\xff\xfb\x1f',
      'MSGSTORE\0\0',
      'b\r',
      '\0',
      'QUIT',
    );
    expect(driver.lines).toEqual(['MSGSTORE', 'b', 'QUIT']);
    const marked = driverForReads().receive('', '\xef\xbb\xbfQUIT');
    expect(marked.lines).toEqual(['QUIT']);
  });

  test('answers a read over the limit once', () => {
    const driver = driverForReads().receive('x'.repeat(5000), 'QUIT');
    expect(driver.sent).toBe('413 LINE TOO LONG\n200 OK\n');
  });
});
