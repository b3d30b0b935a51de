import { expect, test } from 'vitest';
import { RoundRobin } from './roundRobin.ts';

const nextIteration = () => new Promise((resolve) => setImmediate(resolve));

test('serves one callback per event loop iteration, in the order they were enqueued', async () => {
  const roundRobin = new RoundRobin();
  const served: string[] = [];
  for (const name of ['a', 'b', 'c']) roundRobin.enqueue(() => served.push(name));
  expect(served).toEqual([]);
  await nextIteration();
  expect(served).toEqual(['a']);
  await nextIteration();
  expect(served).toEqual(['a', 'b']);
  // A callback that is enqueued again is served after those that wait.
  roundRobin.enqueue(() => served.push('a'));
  await nextIteration();
  await nextIteration();
  expect(served).toEqual(['a', 'b', 'c', 'a']);
});

test('serves a callback that is enqueued after the queue ran empty', async () => {
  const roundRobin = new RoundRobin();
  const served: string[] = [];
  roundRobin.enqueue(() => served.push('a'));
  await nextIteration();
  roundRobin.enqueue(() => served.push('b'));
  await nextIteration();
  expect(served).toEqual(['a', 'b']);
});
