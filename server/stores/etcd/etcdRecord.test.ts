import { expect, test } from 'vitest';
import { decodeHead, EtcdKeys, encodeHead, encodeRecord, withWrite } from './etcdRecord.ts';

const keys = new EtcdKeys('/motd/');
const storedAtMs = Date.UTC(2026, 10, 22, 17);

test('encodes keys and values as readable text', () => {
  expect(keys.head.toString()).toBe('/motd/head');
  expect(encodeHead(17, ['a-3', 'b-1']).toString()).toBe('17 a-3 b-1');
  expect(decodeHead(encodeHead(17, ['a-3', 'b-1']))).toEqual({ last: 17, writes: ['a-3', 'b-1'] });
  expect(decodeHead(encodeHead(0, []))).toEqual({ last: 0, writes: [] });
  expect(keys.entry(17).toString()).toBe('/motd/entries/000000000017');
  expect(encodeRecord({ message: 'Hello there', storedAtMs }, 'id-1').toString()).toBe(
    '2026-11-22T17:00:00.000Z id-1 Hello there',
  );
});

test.each(['a', 'a  b', 'x'.repeat(4096), '漢'.repeat(1365), '. \\ " $1', '200 OK'])(
  'decodes what it encoded: %j',
  (message) => {
    const value = encodeRecord({ message, storedAtMs }, 'id-1');
    expect(keys.decodeRecord(keys.entry(17), value)).toEqual({
      number: 17,
      message,
      storedAtMs,
      writeId: 'id-1',
    });
  },
);

test.each([
  ['/motd/entries/000000000001', 'yesterday id a'],
  ['/motd/entries/000000000001', 'a'],
  ['/motd/entries/000000000001', '2026-11-22T17:00:00.000Z id \x1b[2J'],
  ['/motd/entries/000000000001', '2026-11-22T17:00:00.000Z id two\nlines'],
])('rejects the key %s with the value %j', (key, value) => {
  expect(() => keys.decodeRecord(Buffer.from(key), Buffer.from(value))).toThrow(key);
});

test.each(['/motd/entries/x', '/motd/entries/1', '/motd/other', '/motd/entries/00000000000x'])(
  'ignores the key %s, which is not that of an entry',
  (key) => {
    expect(keys.decodeRecord(Buffer.from(key), Buffer.from('x'))).toBeUndefined();
  },
);

test('keeps the last write of each server in the head, of 64 servers at most', () => {
  expect(withWrite([], 'a-1')).toEqual(['a-1']);
  expect(withWrite(['b-7', 'a-1'], 'a-2')).toEqual(['a-2', 'b-7']);
  let writes: string[] = [];
  for (let server = 0; server < 100; server++) writes = withWrite(writes, `s${server}-1`);
  expect(writes.length).toBe(64);
  expect(writes[0]).toBe('s99-1');
});

test.each(['', '-1', '1.5', 'x', '1234567890123', '17  a-1', '17\na-1'])(
  'rejects the head %j',
  (value) => {
    expect(() => decodeHead(Buffer.from(value))).toThrow(/head/);
  },
);

test('limits a range to the keys below its prefix', () => {
  const { key, rangeEnd } = keys.all;
  const isIn = (name: string) =>
    key.compare(Buffer.from(name)) <= 0 && rangeEnd.compare(Buffer.from(name)) > 0;
  expect(isIn('/motd/head')).toBe(true);
  expect(isIn('/motd/entries/999999999999')).toBe(true);
  expect(isIn('/motd2/head')).toBe(false);
  expect(isIn('/motd')).toBe(false);
  const from = keys.entriesFrom(10);
  expect(from.key.compare(keys.entry(9))).toBe(1);
  expect(from.rangeEnd.compare(keys.entry(999_999_999_999))).toBe(1);
  const range = keys.entriesIn({ first: 3, end: 10 });
  expect(range).toEqual({ key: keys.entry(3), rangeEnd: keys.entry(10) });
});
