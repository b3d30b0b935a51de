// Any bytes in any chunks: the session sends only valid replies, and QUIT always works.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isPlainText } from '../../protocol/plainText.ts';
import { END_OF_LIST, REPLY } from '../../protocol/replies.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';
import { randomFrom, seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { SessionDriver } from './session.harness.ts';

const REPLY_LINES: ReadonlySet<string> = new Set([...Object.values(REPLY), END_OF_LIST]);
const APPLE = 'An apple a day keeps the doctor away.';

/** Fragments of the protocol and of common attacks, mixed with random bytes. */
const FRAGMENTS = [
  'MSGGET\n',
  'MSGSTORE\n',
  'MSGWATCH\n',
  'MSGHIST\n',
  'MSGPLAN\n',
  'MSGPLAN\n/2099-01-01T00:00Z new\n',
  '2026-11-27T18:00',
  '+01:00/',
  'MSGPLANS\n',
  'MSGCANCEL\n',
  'MSGCANCEL\n1\n',
  'MSGINFO\n',
  'MSGLIST\n',
  'MSGREPLACE\n0 new\n',
  'SHUTDOWN\n',
  'SHUTDOWN\nwrong\n',
  'MSGSTORE\nnew\n',
  'MSGGET',
  'QU',
  'IT',
  '\r\n',
  '\n\n',
  ' \t ',
  '\xc3\xbc',
  '\xe2\x80\xa8',
  '\xed\xa0\x80',
  '\xc0\xaf',
  '\x1b[2J',
  '\xc2\x9b',
  '\x00',
  '\r\0',
  '\0'.repeat(5000),
  '\xef\xbb\xbf',
  '\xff\xfb\x1f',
  '\xff\xf1',
  'PROXY TCP4 ',
  'GET /',
  ' HTTP/1.1\r\n',
  'Host: ',
  '\x16\x03\x01',
  'x'.repeat(5000),
];

function expectValid(driver: SessionDriver): void {
  const messages = new Set([APPLE, ...driver.history]);
  for (const message of [...messages]) messages.add(`0 - / - ${message}`);
  for (const line of driver.sent.split('\n')) {
    const isValid = line === '' || REPLY_LINES.has(line) || messages.has(line);
    if (!isValid) expect.unreachable(`sent ${JSON.stringify(line)}`);
  }
  if (!driver.history.every(isPlainText))
    expect.unreachable('stored a message that is not plain text');
  driver.receive('\nQUIT\nQUIT\n');
  if (!driver.isClosed && !driver.isServerDown) expect.unreachable('did not close at QUIT');
}

test('sends only valid replies to random bytes', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 }), (chunks) => {
      const driver = new SessionDriver();
      driver.receive(...chunks.map((chunk) => Buffer.from(chunk).toString('latin1')));
      expectValid(driver);
    }),
    { numRuns: scaled(1000, 100_000), seed },
  );
});

test('sends only valid replies to input like the protocol, in constant memory', {
  timeout: scaled(20_000, 1_800_000),
}, () => {
  const random = randomFrom(seed);
  const upTo = (limit: number) => Math.floor(random() * limit);
  const inputs = scaled(50_000, 10_000_000);
  let fed = 0;
  let before = 0;
  while (fed < inputs) {
    const driver = new SessionDriver({ isStoreGuarded: random() < 0.2 });
    for (let inputsLeft = 1 + upTo(30); inputsLeft > 0 && !driver.isClosed; inputsLeft--) {
      const isByte = random() < 0.3;
      driver.receive(
        isByte ? String.fromCharCode(upTo(256)) : (FRAGMENTS[upTo(FRAGMENTS.length)] ?? ''),
      );
      if (random() < 0.05) driver.endQuietLine();
      if (random() < 0.02) driver.updated('news');
      if (random() < 0.001) driver.closeWith();
      fed++;
    }
    expectValid(driver);
    if (before === 0 && fed > inputs / 10) before = heapBytes();
  }
  const grown = (heapBytes() - before) / 1024 / 1024;
  record(
    'random bytes against the session',
    `${fed.toLocaleString('en')} inputs; 0 crashes, 0 hangs; the heap grew by ${grown.toFixed(1)} MB`,
  );
  expect(grown).toBeLessThan(50);
});

test('sends only well-formed UTF-8', () => {
  const driver = new SessionDriver().receive(
    '\xff\n',
    'MSGSTORE\n\xff\n',
    'MSGSTORE\n\xc3\xbc\nMSGGET\n',
  );
  expect(decodeUtf8(Buffer.from(driver.sent, 'utf8').toString('latin1'))).toBe(driver.sent);
});

function heapBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
