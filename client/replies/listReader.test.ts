import { expect, test } from 'vitest';
import { ListReader } from './listReader.ts';

function read(...lines: string[]) {
  const reader = new ListReader();
  return lines.map((line) => reader.receiveLine(line));
}

test('reads the entries between 200 OK and the end', () => {
  const entry = '2026-11-22T12:00:00Z An apple a day';
  expect(read('200 OK', entry, '200 OK', '.')).toEqual([
    { is: 'accepted' },
    { is: 'entry', line: entry },
    { is: 'entry', line: '200 OK' },
    { is: 'end' },
  ]);
});

test.each([
  ['400 UNKNOWN COMMAND', '400 UNKNOWN COMMAND'],
  ['.', '.'],
  ['\x1bc', '^[c'],
])('reports %j instead of 200 OK as rejected', (line, reply) => {
  expect(read(line)).toEqual([{ is: 'rejected', reply }]);
});
