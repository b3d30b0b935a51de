// One table, through the decoder of each store.

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EtcdKeys } from './etcdRecord.ts';
import { decodeRecord } from './lmdbRecord.ts';

const NOON = '2026-11-22T12:00:00.000Z';

const keys = new EtcdKeys('/motd/');

const DECODERS: Record<string, (time: string, message: Buffer) => { message: string }> = {
  // With a checksum that is right: who crafts a record can do as much.
  lmdb: (time, message) => {
    const body = Buffer.concat([Buffer.from(`${time} `), message]);
    const sum = crc32(Buffer.concat([Buffer.from('7 '), body]));
    return decodeRecord(
      7,
      Buffer.concat([Buffer.from(`${sum.toString(16).padStart(8, '0')} `), body]),
    );
  },
  etcd: (time, message) => {
    const entry = keys.decodeEntry(
      keys.entry(7),
      Buffer.concat([Buffer.from(`${time} id-1 `), message]),
    );
    if (entry === undefined) throw new Error('another key');
    return entry;
  },
};

describe.each(Object.entries(DECODERS))('a record of %s', (_store, decode) => {
  test.each(['a', ' a  b ', 'x'.repeat(4096), '漢'.repeat(1365), 'a\tb', '\ufeffa', '. 200 OK'])(
    'with the message %j is taken',
    (message) => expect(decode(NOON, Buffer.from(message))).toMatchObject({ message }),
  );

  test.each([
    ['a time in words', 'yesterday', 'a'],
    ['the time of no day', '2026-02-31T12:00:00.000Z', 'a'],
    ['a time that no Date has', '+275760-09-13T00:00:00.001Z', 'a'],
    ['a time beyond four digits', '+010000-01-01T00:00:00.000Z', 'a'],
    ['a time before four digits', '-000001-01-01T00:00:00.000Z', 'a'],
    ['a time without a zone', '2026-11-22T12:00:00.000', 'a'],
    ['a time of another zone', '2026-11-22T12:00:00.000+01:00', 'a'],
    ['no time', '', 'a'],
    ['no message', NOON, ''],
    ['an escape sequence', NOON, '\x1b[2J'],
    ['8-bit CSI', NOON, '\u009b2J'],
    ['two lines', NOON, 'a\nb'],
    ['a carriage return', NOON, 'a\rb'],
    ['a line separator', NOON, 'a\u2028b'],
    ['a bidi control', NOON, 'a\u202eb'],
    ['NUL', NOON, 'a\0b'],
    ['a message that is too long', NOON, 'x'.repeat(4097)],
    ['a message that is too long in bytes', NOON, '漢'.repeat(1366)],
  ])('with %s is refused', (_what, time, message) => {
    expect(() => decode(time, Buffer.from(message))).toThrow();
  });

  test('that is not UTF-8 is refused', () => {
    expect(() => decode(NOON, Buffer.from('caf\xe9', 'latin1'))).toThrow('is not UTF-8');
  });
});
