import { expect, test } from 'vitest';
import { ReadBuffer } from './readBuffer.ts';

/** A buffer ready to read many bytes. */
function largeBuffer(): ReadBuffer {
  const buffer = new ReadBuffer();
  buffer.prepare(65_535, false);
  return buffer;
}

// The heads are those of unmasked binary messages (RFC 6455, section 5.7).
test.each([
  [1, '8201'],
  [125, '827d'],
  [126, '827e007e'],
  [256, '827e0100'],
  [65_535, '827effff'],
])('puts %i bytes into a frame with the head %s', (bytes, head) => {
  const buffer = largeBuffer();
  const payload = Buffer.alloc(bytes, 'x');
  payload.copy(buffer.next());
  const frame = buffer.frame(bytes);
  expect(frame.toString('hex', 0, head.length / 2)).toBe(head);
  expect(frame.subarray(head.length / 2).equals(payload)).toBe(true);
});

test('grows after a full read, and shrinks after a smaller one', () => {
  const buffer = new ReadBuffer();
  buffer.prepare(1024, false);
  expect(buffer.next()).toHaveLength(4096);
  buffer.prepare(4096, false);
  expect(buffer.next()).toHaveLength(65_535);
  buffer.prepare(4096, false);
  expect(buffer.next()).toHaveLength(65_535);
  buffer.prepare(4095, false);
  expect(buffer.next()).toHaveLength(4096);
});

test('is small until a read fills it, and never again', () => {
  const buffer = new ReadBuffer();
  expect(buffer.next()).toHaveLength(1024);
  buffer.prepare(1023, false);
  expect(buffer.next()).toHaveLength(1024);
  buffer.prepare(1024, false);
  expect(buffer.next()).toHaveLength(4096);
  buffer.prepare(3, false);
  expect(buffer.next()).toHaveLength(4096);
});

test('reuses its memory, unless its last frame is not sent yet', () => {
  const buffer = new ReadBuffer();
  const first = buffer.next().buffer;
  buffer.prepare(3, false);
  expect(buffer.next().buffer).toBe(first);

  buffer.next().fill('a');
  const unsent = buffer.frame(3);
  buffer.prepare(3, true);
  buffer.next().fill('b');
  expect(unsent.toString('latin1')).toBe('\x82\x03aaa');
});
