import { expect, test } from 'vitest';
import { readHistoryLine } from './historyLine.ts';

test('reads the time and the message, and escapes control characters', () => {
  expect(readHistoryLine('2026-11-22T17:00:00Z Exam  moved\x1b')).toEqual({
    storedAtMs: Date.UTC(2026, 10, 22, 17),
    message: 'Exam  moved^[',
  });
});

test.each(['', '.', '200 OK', '2026-11-22T17:00:00Z', '2026-13-22T17:00:00Z a', '2026-11-22 a'])(
  'rejects %j',
  (line) => {
    expect(readHistoryLine(line)).toBeUndefined();
  },
);
