// A target that sends more than the page can show.

import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { expect, PageTerminal, startBridgeTo, test, transcriptOf } from '../fixtures.ts';

/** The page needs 20 MB before. During a flood it may use as much again as its terminal buffers. */
const MAX_HEAP_BYTES = 120_000_000;

const LINES = 4_000_000;

/** The interval of the heap measurements: the browser has no event for the peak. */
const MEASURE_EVERY_MS = 50;

test('bounds its memory during a flood of short lines, and shows the end of the flood', async ({
  page,
}) => {
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      for (let sent = 0; sent < LINES; sent += LINES / 100) socket.write('a\n'.repeat(LINES / 100));
      socket.write(`${Array.from({ length: 5000 }, (_, index) => `line ${index}`).join('\n')}\n`);
    });
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port }: AddressInfo = Object(server.address());
  const bridgePort = await startBridgeTo(`flood=127.0.0.1:${port}`);
  const devtools = await page.context().newCDPSession(page);
  await page.goto(`http://127.0.0.1:${bridgePort}/?target=flood`);
  const terminal = new PageTerminal(page);
  await terminal.expectText('flood>');
  await terminal.type('all');
  let peak = 0;
  while (!(await terminal.text()).endsWith('line 4999\nflood>')) {
    peak = Math.max(peak, (await devtools.send('Runtime.getHeapUsage')).usedSize);
    await setTimeout(MEASURE_EVERY_MS);
  }
  expect(peak).toBeLessThan(MAX_HEAP_BYTES);
  expect(errors).toEqual([]);
  const shown = (await transcriptOf(page)).match(/^line \d+$/gm) ?? [];
  expect(shown.length).toBeGreaterThan(4_990);
  expect(shown.at(-1)).toBe('line 4999');
  test.info().annotations.push({ type: 'heap', description: `${Math.round(peak / 1e6)} MB` });
  server.close();
});
