import { expect, test } from 'vitest';
import { Supervised } from './supervised.ts';

// What it does with real children: e2e/up.spec.ts.
test('what was stopped before it started does not start', async () => {
  const child = { command: 'serve', nodeFlags: [], environmentFor: () => ({}) };
  const supervised = new Supervised(child, () => {});
  supervised.stop();
  expect(await supervised.start()).toBeUndefined();
  await supervised.ended;
});
