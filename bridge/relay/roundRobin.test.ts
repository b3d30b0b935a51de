import { expect, test } from 'vitest';
import { RoundRobin } from './roundRobin.ts';

const nextRound = () => new Promise((resolve) => setImmediate(resolve));

test('of those who wait, one goes on in each round, in the order they came', async () => {
  const turns = new RoundRobin();
  const went: string[] = [];
  for (const who of ['a', 'b', 'c']) turns.wait(() => went.push(who));
  expect(went).toEqual([]);
  await nextRound();
  expect(went).toEqual(['a']);
  await nextRound();
  expect(went).toEqual(['a', 'b']);
  // Who comes again comes behind those who wait.
  turns.wait(() => went.push('a'));
  await nextRound();
  await nextRound();
  expect(went).toEqual(['a', 'b', 'c', 'a']);
});

test('when nobody waits any more, the next one who does has the next round', async () => {
  const turns = new RoundRobin();
  const went: string[] = [];
  turns.wait(() => went.push('a'));
  await nextRound();
  turns.wait(() => went.push('b'));
  await nextRound();
  expect(went).toEqual(['a', 'b']);
});
