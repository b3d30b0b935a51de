import fc from 'fast-check';
import { expect, test } from 'vitest';
import { smartCaseIndex } from './smartCase.ts';

test.each([
  ['MSGGET', 'msgg', 0],
  ['say MSGGET', 'msgget', 4],
  ['Überholt', 'über', 0],
  ['İstanbul MSGGET', 'msg', 9],
  ['MSGGET', 'x', -1],
  ['a.b', '.', 1],
])('in %j, finds %j in any case, at %j', (text, query, index) => {
  expect(smartCaseIndex(text, query)).toBe(index);
});

test.each([
  ['msgget', 'MSGG', -1],
  ['msgget MSGGET', 'MSGG', 7],
  ['Exam', 'exam', 0],
  ['exam', 'Exam', -1],
])('in %j, an upper-case letter of %j makes the case matter: %j', (text, query, index) => {
  expect(smartCaseIndex(text, query)).toBe(index);
});

test('finds every text in itself, whatever its characters mean in a pattern', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(smartCaseIndex(text, text)).toBe(0);
    }),
  );
});
