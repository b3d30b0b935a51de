import { expect, test } from 'vitest';
import { CircuitBreaker, RETRY_DELAY_MS } from './circuitBreaker.pure.ts';

test('allows every write until one fails', () => {
  const breaker = new CircuitBreaker();
  expect([breaker.permit(0), breaker.permit(0)]).toEqual(['normal', 'normal']);
  expect(breaker.succeeded('normal')).toBe(true);
  breaker.failed(0);
  expect(breaker.permit(0)).toBe('denied');
});

test('allows one write per delay, until that succeeds', () => {
  const breaker = new CircuitBreaker();
  breaker.failed(0);
  expect(breaker.permit(RETRY_DELAY_MS - 1)).toBe('denied');
  expect(breaker.permit(RETRY_DELAY_MS)).toBe('probe');
  expect(breaker.permit(RETRY_DELAY_MS)).toBe('denied');
  breaker.failed(RETRY_DELAY_MS);
  expect(breaker.permit(2 * RETRY_DELAY_MS)).toBe('probe');
  expect(breaker.succeeded('probe')).toBe(true);
  expect(breaker.permit(2 * RETRY_DELAY_MS)).toBe('normal');
});

test('is not closed by a write that began before the failure', () => {
  const breaker = new CircuitBreaker();
  const early = breaker.permit(0);
  breaker.failed(0);
  expect(breaker.succeeded(early)).toBe(false);
  expect(breaker.permit(1)).toBe('denied');
});
