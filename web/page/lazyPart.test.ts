import { expect, test, vi } from 'vitest';
import { LazyPart } from './lazyPart.ts';

/** A part whose loads end as the test sets it: with a part, or with an error. */
function makePart(...outcomes: (string | Error)[]) {
  const log: string[] = [];
  let loads = 0;
  const load = async () => {
    const outcome = outcomes[loads++];
    if (typeof outcome !== 'string') throw outcome;
    return outcome;
  };
  return {
    log,
    loads: () => loads,
    part: new LazyPart(load, () => log.push('failed')),
    logAs: (name: string) => (part: string) => log.push(`${name} ${part}`),
  };
}

test('loads once, when it is first used, and runs the actions in the order of their calls', async () => {
  const { part, logAs, log, loads } = makePart('search');
  expect(loads()).toBe(0);
  part.use(logAs('open'));
  part.use(logAs('find'));
  part.useIfLoaded(logAs('close'));
  await vi.waitFor(() => expect(log).toHaveLength(3));
  part.use(logAs('open'));
  await vi.waitFor(() => expect(log).toHaveLength(4));
  expect(log).toEqual(['open search', 'find search', 'close search', 'open search']);
  expect(loads()).toBe(1);
});

test('does not load for an action that needs it only if it was used', async () => {
  const { part, logAs, log, loads } = makePart('search');
  part.useIfLoaded(logAs('close'));
  part.use(logAs('open'));
  await vi.waitFor(() => expect(log).toEqual(['open search']));
  expect(loads()).toBe(1);
});

test('reports that it could not be loaded, drops the action, and loads again at the next use', async () => {
  const { part, logAs, log, loads } = makePart(new Error('offline'), 'search');
  part.use(logAs('first'));
  await vi.waitFor(() => expect(log).toEqual(['failed']));
  part.use(logAs('second'));
  await vi.waitFor(() => expect(log).toEqual(['failed', 'second search']));
  expect(loads()).toBe(2);
});
