import { expect, test } from 'vitest';
import { Outage, RETRY_DELAY_MS } from './outage.pure.ts';

test('is reported at its first failure only', () => {
  const outage = new Outage();
  expect([outage.permit(0), outage.permit(0)]).toEqual(['normal', 'normal']);
  expect([outage.failed(0), outage.failed(0)]).toEqual([true, false]);
});

test('allows one write per delay, and ends when that succeeds', () => {
  const outage = new Outage();
  outage.failed(0);
  expect(outage.permit(RETRY_DELAY_MS - 1)).toBe('denied');
  expect(outage.permit(RETRY_DELAY_MS)).toBe('probe');
  expect(outage.permit(RETRY_DELAY_MS)).toBe('denied');
  expect(outage.failed(RETRY_DELAY_MS)).toBe(false);
  expect(outage.permit(2 * RETRY_DELAY_MS)).toBe('probe');
  expect(outage.succeeded('probe')).toBe(true);
  expect(outage.permit(2 * RETRY_DELAY_MS)).toBe('normal');
});

test('does not end with a write that began before it', () => {
  const outage = new Outage();
  const early = outage.permit(0);
  outage.failed(0);
  expect(outage.succeeded(early)).toBe(false);
  expect(outage.permit(1)).toBe('denied');
});
