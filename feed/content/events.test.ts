import { describe, expect, test } from 'vitest';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import { messageEvent, missedSince } from './events.pure.ts';

const entry = (number: number, window: Partial<StoredEntry> = {}): StoredEntry => ({
  number,
  storedAtMs: number,
  message: `message ${number}`,
  ...window,
});
const withoutNumber = (storedAtMs: number): StoredEntry => ({ storedAtMs, message: 'old server' });

describe('an event', () => {
  test('has the number as its id, and the entry as JSON', () => {
    const from = { fromMs: 0, author: 'alice' };
    expect(messageEvent({ ...entry(17, from), storedAtMs: 1 })).toBe(
      'id: 17\n' +
        'data: {"message":"message 17","number":17,"storedAt":"1970-01-01T00:00:00.001Z",' +
        '"from":"1970-01-01T00:00:00Z","until":null,"author":"alice"}\n\n',
    );
  });

  test('has the time of storing as its id, if an older server sends no number', () => {
    expect(messageEvent(withoutNumber(0))).toContain('id: 1970-01-01T00:00:00.000Z\n');
    expect(messageEvent({ message: 'initial' })).toMatch(/^data: /);
  });
});

describe('a reader that reconnects', () => {
  const entries = [entry(1), entry(2), entry(4), entry(5)];
  const snapshot = { current: entry(5), entries };
  const numbers = (lastId?: string, state = snapshot) =>
    missedSince(lastId, state).map(({ number }) => number);

  test('gets nothing again if its id is current', () => {
    expect(numbers('5')).toEqual([]);
  });

  test('gets what it missed, in the order in which it began', () => {
    expect(numbers('1')).toEqual([2, 4, 5]);
    expect(numbers('0')).toEqual([1, 2, 4, 5]);
  });

  test('gets the message in force alone if its id is unknown, or missing', () => {
    expect(numbers('99')).toEqual([5]);
    expect(numbers('')).toEqual([5]);
    expect(numbers()).toEqual([5]);
  });

  test('gets the message in force last, even if its number is lower', () => {
    expect(numbers('2', { current: entry(2), entries })).toEqual([]);
    expect(numbers('5', { current: entry(2), entries })).toEqual([2]);
    expect(numbers('1', { current: entry(2), entries })).toEqual([4, 5, 2]);
  });

  test('gets what it missed from an older server', () => {
    const old = [withoutNumber(1), withoutNumber(2)];
    const state = { current: withoutNumber(2), entries: old };
    expect(missedSince('1970-01-01T00:00:00.001Z', state)).toEqual([withoutNumber(2)]);
    expect(missedSince('1970-01-01T00:00:00.002Z', state)).toEqual([]);
    const initial = { current: { message: 'initial' }, entries: [] };
    expect(missedSince(undefined, initial)).toEqual([{ message: 'initial' }]);
  });
});
