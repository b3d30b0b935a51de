// One table for the decoders of all stores: every store rejects the same entries.

import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { EtcdKeys, encodeRecord as encodeEtcdRecord } from './etcd/etcdRecord.ts';
import { encodeLmdbRecord } from './file/lmdbRecord.harness.ts';
import { decodeRecord as decodeLmdbRecord } from './file/lmdbRecord.ts';
import { decodeRecord, encodeRecord } from './file/logFormat.ts';
import type { HistoryEntry, HistoryRecord } from './record.ts';

const NUMBER = 17;
const TIME = '2026-11-22T17:00:00.000Z';
const keys = new EtcdKeys('/motd/');

interface Decoder {
  store: string;
  encode: (entry: HistoryEntry) => Buffer;
  /** Encodes a record without validation. */
  forge: (time: string, message: Buffer) => Buffer;
  decode: (bytes: Buffer) => HistoryRecord | undefined;
}

const DECODERS: Decoder[] = [
  {
    store: 'lmdb',
    encode: (entry) => encodeLmdbRecord(NUMBER, entry),
    forge: (time, message) => {
      const body = Buffer.concat([Buffer.from(`${time} `), message]);
      const sum = crc32(Buffer.concat([Buffer.from(`${NUMBER} `), body]));
      return Buffer.concat([Buffer.from(`${sum.toString(16).padStart(8, '0')} `), body]);
    },
    decode: (bytes) => decodeLmdbRecord(NUMBER, bytes),
  },
  {
    store: 'file',
    encode: (entry) => encodeRecord({ number: NUMBER, isKept: false, ...entry }),
    forge: (time, message) => {
      const text = message.toString('utf8');
      const isValid = Buffer.from(text).equals(message);
      const json = Buffer.concat([
        Buffer.from(`{"number":${NUMBER},"storedAt":"${time}","message":`),
        isValid ? Buffer.from(JSON.stringify(text)) : Buffer.from([0x22, ...message, 0x22]),
        Buffer.from('}'),
      ]);
      const sum = crc32(json).toString(16).padStart(8, '0');
      return Buffer.concat([Buffer.from(`${sum} `), json, Buffer.from('\n')]);
    },
    decode: decodeRecord,
  },
  {
    store: 'etcd',
    encode: (entry) => encodeEtcdRecord(entry, 'id-1'),
    forge: (time, message) => Buffer.concat([Buffer.from(`${time} id-1 `), message]),
    decode: (bytes) => keys.decodeRecord(keys.entry(NUMBER), bytes),
  },
];

const VALID: [message: string, time?: string][] = [
  ['a'],
  ['a \t b'],
  ['\u{feff}a'],
  ['x'.repeat(4096)],
  [`${'漢'.repeat(1365)}x`],
  ['. \\ " $1'],
  ['in the first year', '0000-01-01T00:00:00.000Z'],
  ['in the last year', '9999-12-31T23:59:59.999Z'],
];

const INVALID: [fault: RegExp, message: string | Buffer, time?: string][] = [
  [/invalid time/, 'a', 'yesterday'],
  [/invalid time/, 'a', '2026-02-30T00:00:00.000Z'],
  [/invalid time/, 'a', '2026-11-22T17:00:00Z'],
  [/invalid time/, 'a', '1'],
  [/invalid time/, 'a', '+999999-01-01T00:00:00.000Z'],
  [/years 0000 to 9999/, 'a', '+010000-01-01T00:00:00.000Z'],
  [/years 0000 to 9999/, 'a', '-000001-12-31T23:59:59.999Z'],
  [/empty message/, ''],
  [/more than 4096 bytes/, 'x'.repeat(4097)],
  [/more than 4096 bytes/, '漢'.repeat(1366)],
  [/not plain text/, '\x1b[2J'],
  [/not plain text/, 'two\nlines'],
  [/not plain text/, 'a\u{202e}b'],
  [/not plain text/, 'a\u{2028}b'],
  [/white space/, ' a'],
  [/white space/, 'a\t'],
  [/valid UTF-8/, Buffer.from([0x61, 0xff])],
  [/valid UTF-8/, Buffer.from([0xed, 0xa0, 0x80])],
  [/valid UTF-8/, Buffer.from([0xc0, 0xae])],
];

describe.each(DECODERS)('$store', ({ encode, forge, decode }) => {
  test.each(VALID)('decodes what it encoded: %j', (message, time = TIME) => {
    const entry = { message, storedAtMs: Date.parse(time) };
    expect(decode(encode(entry))).toMatchObject(entry);
    expect(encode(entry)).toEqual(forge(time, Buffer.from(message)));
  });

  test.each(INVALID)('rejects a record (%s): %j %s', (fault, message, time = TIME) => {
    expect(() => decode(forge(time, Buffer.from(message)))).toThrow(fault);
  });
});

test('rejects an LMDB record under another number', () => {
  const bytes = encodeLmdbRecord(NUMBER, { message: 'a', storedAtMs: 0 });
  expect(() => decodeLmdbRecord(NUMBER + 1, bytes)).toThrow('does not match its checksum');
});
