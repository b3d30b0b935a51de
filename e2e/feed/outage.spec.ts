// What the bridge logs when its feed cannot read the message.

import { freePort } from '../../testing/freePort.ts';
import { isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { expect, startBridge, startServer, test } from '../fixtures.ts';
import { get } from './feedProgram.ts';

const UNAVAILABLE = '[!] Feed unavailable: motd refused the connection: is it running?';
const RECOVERED = 'Feed recovered: motd answers again';

for (const workers of [1, 2]) {
  test(`logs an outage and its end once, with --workers ${workers}`, async () => {
    test.skip(workers > 1 && !isLinux, NEEDS_LINUX);
    const port = await freePort();
    const feed = await startBridge(port, 0, ['--feed', 'motd', '--workers', String(workers)]);
    const lines = () => feed.program.stdout.split('\n').slice(1, -1);
    // Each connection reaches the next worker, whose feed is used from then on.
    const requests = Array.from({ length: workers }, () =>
      get(feed, '/message', { connection: 'close' }),
    );
    for (const { status } of await Promise.all(requests)) expect(status).toBe(503);
    await expect.poll(lines).toEqual([UNAVAILABLE]);

    const server = await startServer(port);
    await expect.poll(lines).toEqual([UNAVAILABLE, RECOVERED]);
    await server.program.stop();
    await expect.poll(lines).toEqual([UNAVAILABLE, RECOVERED, UNAVAILABLE]);
  });
}

test('logs both as JSON', async () => {
  const port = await freePort();
  const program = Program.motd([
    ...['bridge', '--http-port', '0', '--feed', `127.0.0.1:${port}`, '--log', 'json'],
  ]);
  const [, httpPort] = await program.waitForOutput(/listening at http:\/\/127\.0\.0\.1:(\d+)/);
  await get({ program, port: Number(httpPort) }, '/message');
  await startServer(port);
  const events = () =>
    program.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event?.startsWith('feed'));
  const target = `127.0.0.1:${port}`;
  await expect.poll(events).toMatchObject([
    { event: 'feedUnavailable', target, reason: expect.stringContaining('refused') },
    { event: 'feedRecovered', target },
  ]);
});
