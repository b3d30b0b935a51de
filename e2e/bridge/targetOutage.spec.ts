// What the bridge logs when sessions cannot reach a target: docs/targets.md, "If a target fails".

import { once } from 'node:events';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { childrenOf, isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { startTcpService } from '../../testing/tcpService.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { expect, type ListeningProgram, startBridgeWith, startServer, test } from '../fixtures.ts';

/** Opens a session. @returns The reason for its end. */
async function reasonOf({ port }: ListeningProgram, target: string): Promise<string> {
  const webSocket = new WebSocket(`ws://127.0.0.1:${port}/ws/${target}`);
  const [, reason] = await once(webSocket, 'close');
  return String(reason);
}

const linesAfterStart = ({ program }: ListeningProgram) => program.stdout.split('\n').slice(1, -1);

for (const workers of [1, 2]) {
  test(`logs once that a target is unavailable, and once that it has recovered: --workers ${workers}`, async () => {
    test.skip(workers > 1 && !isLinux, NEEDS_LINUX);
    const port = await freePort();
    const flags = ['--target', `redis=127.0.0.1:${port}`, '--workers', String(workers)];
    const bridge = await startBridgeWith(...flags);
    const reason = 'redis refused the connection: is it running?';
    const failed = await Promise.all(Array.from({ length: 8 }, () => reasonOf(bridge, 'redis')));
    expect(new Set(failed)).toEqual(new Set([reason]));
    expect(linesAfterStart(bridge)).toEqual([`[!] Target unavailable: ${reason}`]);

    const service = await startTcpService((socket) => socket.end(), { port });
    for (let times = 0; times < 8; times++) await reasonOf(bridge, 'redis');
    const recovered = 'Target recovered: redis is reachable again';
    await expect
      .poll(() => linesAfterStart(bridge))
      .toEqual([`[!] Target unavailable: ${reason}`, recovered]);
    service.close();
  });
}

test('logs the recovery also if the only worker that failed has exited', async () => {
  test.skip(!isLinux, NEEDS_LINUX);
  const port = await freePort();
  const flags = ['--target', `redis=127.0.0.1:${port}`, '--workers', '2'];
  const bridge = await startBridgeWith(...flags);
  await reasonOf(bridge, 'redis');
  await bridge.program.waitForOutput(/Target unavailable/);
  const service = await startTcpService((socket) => socket.end(), { port });
  for (const pid of childrenOf(bridge.program.process.pid ?? 0)) process.kill(pid, 'SIGKILL');
  await bridge.program.waitForOutput(/was restarted\.\n(.*\n)*.*was restarted\.\n/);
  await reasonOf(bridge, 'redis');
  await bridge.program.waitForOutput(/^Target recovered: redis is reachable again$/m);
  service.close();
});

test('shows which names a certificate has, and which check failed', async () => {
  const { port } = await startServer(0, [
    ...['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')],
  ]);
  const bridge = await startBridgeWith(
    ...['--target', `named=127.0.0.1:${port}+tls=other.example`],
    ...['--target-ca', tlsFile('cert')],
  );
  expect(await reasonOf(bridge, 'named')).toBe('named has a certificate for another name');
  await bridge.program.waitForOutput(
    /^\[!\] Target unavailable: named has a certificate for another name \(Host: other\.example\. is not in the cert's altnames: .*DNS:localhost.*\)$/m,
  );
  const strict = await startBridgeWith('--target', `strict=localhost:${port}+tls`);
  expect(await reasonOf(strict, 'strict')).toMatch(/^strict has an untrusted certificate/);
  await strict.program.waitForOutput(
    /^\[!\] Target unavailable: strict has an untrusted certificate: self-signed \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/m,
  );
});

test('logs both as JSON', async () => {
  const port = await freePort();
  const bridge = await startBridgeWith('--target', `redis=127.0.0.1:${port}`, '--log', 'json');
  await reasonOf(bridge, 'redis');
  const service = await startTcpService((socket) => socket.end(), { port });
  await reasonOf(bridge, 'redis');
  const events = () =>
    bridge.program.stdout
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter(({ event }) => event?.startsWith('target'));
  await expect.poll(events).toMatchObject([
    { event: 'targetUnavailable', target: 'redis', reason: expect.stringContaining('refused') },
    { event: 'targetRecovered', target: 'redis' },
  ]);
  service.close();
});
