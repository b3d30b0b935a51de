import { expect, test } from 'vitest';
import { Supervised, startCommand } from './supervised.ts';

// What it does with real children: e2e/up.spec.ts.
test('what was stopped before it started does not start', async () => {
  const start = () => startCommand('serve', [], {});
  const child = { name: 'motd serve', stopDeadlineMs: 1000, start };
  const supervised = new Supervised(child, () => {});
  supervised.stop();
  expect(await supervised.start()).toBeUndefined();
  await supervised.ended;
});
