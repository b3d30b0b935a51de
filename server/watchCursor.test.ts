import { expect, test } from 'vitest';
import { Tail } from './stores/tail.ts';
import { WatchCursor } from './watchCursor.ts';

function watched() {
  const changes = new Tail<string>(1000);
  changes.add('before');
  return { changes, cursor: new WatchCursor(changes) };
}

test('starts up to date', () => {
  const { cursor } = watched();
  expect(cursor.isBehind).toBe(false);
  expect(cursor.take()).toBeUndefined();
});

test('takes each message that came into force since, once, in order', () => {
  const { changes, cursor } = watched();
  changes.add('a');
  changes.add('b');
  expect(cursor.isBehind).toBe(true);
  expect([cursor.take(), cursor.take(), cursor.take()]).toEqual([2, 3, undefined]);
  expect(cursor.isBehind).toBe(false);
});

test('skips to the newest message, if there is one to send', () => {
  const { changes, cursor } = watched();
  cursor.skipToNewest();
  expect(cursor.take()).toBeUndefined();
  for (const message of ['a', 'b', 'c']) changes.add(message);
  cursor.skipToNewest();
  expect([cursor.take(), cursor.take()]).toEqual([4, undefined]);
});
