import { expect, test } from 'vitest';
import { type LocalLease, LocalQuota } from './localQuota.ts';
import type { QuotaExceeded } from './quota.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

function leaseFrom(acquired: LocalLease | QuotaExceeded): LocalLease {
  if (typeof acquired === 'string') throw new Error(`quota exceeded: ${acquired}`);
  return acquired;
}

test('names the limit that is reached: the total, or that of the source', () => {
  const quota = new LocalQuota({ total: 2, perSource: 1 });
  leaseFrom(quota.acquire(HERE));
  expect(quota.acquire(HERE)).toBe('source');
  expect(quota.isFull).toBe(false);
  leaseFrom(quota.acquire(ELSEWHERE));
  expect(quota.acquire('192.0.2.3')).toBe('total');
  expect(quota.isFull).toBe(true);
});

test('returns a lease to the quota once, however often it is released', () => {
  const quota = new LocalQuota({ total: 2, perSource: 2 });
  const lease = leaseFrom(quota.acquire(HERE));
  leaseFrom(quota.acquire(HERE));
  lease.release();
  lease.release();
  leaseFrom(quota.acquire(HERE));
  expect(quota.acquire(HERE)).toBe('total');
});

test('counts a lease without a source in the total only', () => {
  const quota = new LocalQuota({ total: 2, perSource: 1 });
  const unassigned = leaseFrom(quota.acquire());
  leaseFrom(quota.acquire(HERE)).release();
  leaseFrom(quota.acquire());
  expect(quota.acquire()).toBe('total');
  unassigned.release();
  leaseFrom(quota.acquire(HERE));
});

test('moves a lease to another source, unless that source is at its limit', () => {
  const quota = new LocalQuota({ total: 3, perSource: 1 });
  const lease = leaseFrom(quota.acquire());
  const other = leaseFrom(quota.acquire(ELSEWHERE));
  expect(lease.assignTo(HERE)).toBe(true);
  expect(lease.assignTo(HERE)).toBe(true);
  expect(quota.acquire(HERE)).toBe('source');
  expect(lease.assignTo(ELSEWHERE)).toBe(false);
  expect(quota.acquire(HERE)).toBe('source');
  other.release();
  expect(lease.assignTo(ELSEWHERE)).toBe(true);
  expect(quota.acquire(ELSEWHERE)).toBe('source');
  leaseFrom(quota.acquire(HERE));
});
