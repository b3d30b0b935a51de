import { expect, test } from 'vitest';
import { LocalQuota } from './localQuota.ts';
import { WorkerLeases } from './workerLeases.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

test('shares one quota between two workers, in total and per source', () => {
  const quota = new LocalQuota({ total: 3, perSource: 2 });
  const [one, other] = [new WorkerLeases(quota), new WorkerLeases(quota)];
  expect(one.acquire(HERE)).toBeUndefined();
  expect(other.acquire(HERE)).toBeUndefined();
  expect(one.acquire(HERE)).toBe('source');
  expect(one.acquire(ELSEWHERE)).toBeUndefined();
  expect(other.acquire(ELSEWHERE)).toBe('total');
  other.release(HERE);
  expect(one.acquire(HERE)).toBeUndefined();
});

test('releases the leases of a worker that died, and no others', () => {
  const quota = new LocalQuota({ total: 4, perSource: 3 });
  const [one, other] = [new WorkerLeases(quota), new WorkerLeases(quota)];
  for (const source of [HERE, HERE, ELSEWHERE]) expect(one.acquire(source)).toBeUndefined();
  expect(other.acquire(HERE)).toBeUndefined();
  one.release(ELSEWHERE);
  one.releaseAll();
  one.releaseAll();
  for (const source of [HERE, HERE, ELSEWHERE]) expect(other.acquire(source)).toBeUndefined();
  expect(other.acquire(ELSEWHERE)).toBe('total');
});
