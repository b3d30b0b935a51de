import { expect, test } from 'vitest';
import { ConnectionLimits } from './connectionLimits.ts';
import { RoomShare } from './roomShare.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

test('two share one room, in total and for each source', () => {
  const room = new ConnectionLimits({ maxConnections: 3, maxConnectionsPerSource: 2 });
  const [one, other] = [new RoomShare(room), new RoomShare(room)];
  expect(one.claim(HERE)).toBeUndefined();
  expect(other.claim(HERE)).toBeUndefined();
  expect(one.claim(HERE)).toBe('source');
  expect(one.claim(ELSEWHERE)).toBeUndefined();
  expect(other.claim(ELSEWHERE)).toBe('all');
  other.release(HERE);
  expect(one.claim(HERE)).toBeUndefined();
});

test('who ends without a word has given back what it had, and nothing else', () => {
  const room = new ConnectionLimits({ maxConnections: 4, maxConnectionsPerSource: 3 });
  const [one, other] = [new RoomShare(room), new RoomShare(room)];
  for (const source of [HERE, HERE, ELSEWHERE]) expect(one.claim(source)).toBeUndefined();
  expect(other.claim(HERE)).toBeUndefined();
  one.release(ELSEWHERE);
  one.releaseAll();
  one.releaseAll();
  for (const source of [HERE, HERE, ELSEWHERE]) expect(other.claim(source)).toBeUndefined();
  expect(other.claim(ELSEWHERE)).toBe('all');
});
