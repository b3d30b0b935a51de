// Bytes as etcd sends and expects them: a tag of field number and wire type, then the value
// (https://protobuf.dev/programming-guides/encoding/).

import { expect, test } from 'vitest';
import { TXN, WATCH } from './etcdApi.ts';

/** An integer below 128. */
function integer(field: number, value: number): Buffer {
  return Buffer.from([field << 3, value]);
}

/** Bytes, text, or a message of fields. */
function delimited(field: number, ...parts: (Buffer | string)[]): Buffer {
  const value = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([(field << 3) | 2, value.length]), value]);
}

/** The largest cluster_id, a member_id, which we do not declare, and revision 42. */
const HEADER = delimited(
  1,
  Buffer.from('08ffffffffffffffffff01', 'hex'),
  integer(2, 7),
  integer(3, 42),
);

/** Created at revision 5, changed at 9, with a version and a lease, which we do not declare. */
const KEY_VALUE = [
  delimited(1, 'key'),
  ...[integer(2, 5), integer(3, 9), integer(4, 3), delimited(5, 'value'), integer(6, 1)],
];

const DECODED_HEADER = { clusterId: '18446744073709551615', revision: 42 };
const DECODED_KEY_VALUE = {
  key: Buffer.from('key'),
  value: Buffer.from('value'),
  createRevision: 5,
  modRevision: 9,
};

test('sends a revision to compare with even if it is 0, that of a missing key', () => {
  const key = Buffer.from('key');
  const encoded = TXN.encode({
    compare: [{ key, result: 'EQUAL', target: 'MOD', modRevision: 0 }],
    success: [],
  });
  expect(encoded).toEqual(
    delimited(1, integer(1, 0), integer(2, 2), delimited(3, 'key'), integer(6, 0)),
  );
});

test('decodes what each range request found, and skips what is not declared', () => {
  const range = delimited(1, HEADER, delimited(2, ...KEY_VALUE), integer(4, 1));
  const put = delimited(2, HEADER);
  const response = [HEADER, integer(2, 1), delimited(3, put), delimited(3, range)];
  expect(TXN.decode(Buffer.concat(response))).toEqual({
    header: DECODED_HEADER,
    succeeded: true,
    ranges: [[DECODED_KEY_VALUE]],
  });
});

test('decodes missing fields as etcd means them: 0, false, or empty', () => {
  const response = Buffer.concat([HEADER, delimited(3, delimited(1))]);
  expect(TXN.decode(response)).toEqual({ header: DECODED_HEADER, succeeded: false, ranges: [[]] });
});

test('rejects a response without a header', () => {
  expect(() => TXN.decode(Buffer.of())).toThrow('invalid response: header');
});

test('decodes the events of a watch', () => {
  const put = delimited(11, delimited(2, ...KEY_VALUE));
  const removal = delimited(11, integer(1, 1), delimited(2, ...KEY_VALUE));
  expect(WATCH.decode(Buffer.concat([HEADER, put, removal]))).toEqual({
    header: DECODED_HEADER,
    canceled: undefined,
    events: [
      { isPut: true, kv: DECODED_KEY_VALUE },
      { isPut: false, kv: DECODED_KEY_VALUE },
    ],
  });
});

test('decodes why etcd canceled a watch', () => {
  const canceled = [HEADER, integer(4, 1), integer(5, 9), delimited(6, 'why')];
  expect(WATCH.decode(Buffer.concat(canceled))).toMatchObject({
    canceled: { reason: 'why', isCompacted: true },
    events: [],
  });
});
