// The STOMP client of npm (@stomp/stompjs) through the bridge, to RabbitMQ's plain STOMP port.

import { mkdir, writeFile } from 'node:fs/promises';
import { Client, type IFrame, type IMessage } from '@stomp/stompjs';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { expect, startBridgeTo, test } from '../fixtures.ts';

// Empty if scripts/tools.mjs found none and could not install one.
const rabbitMq = process.env['MOTD_TEST_RABBITMQ'] ?? '/usr/lib/rabbitmq/bin/rabbitmq-server';
test.skip(rabbitMq === '' && process.env['CI'] === undefined, 'no RabbitMQ on this machine');

/** Starts RabbitMQ with files and ports of its own. @returns The port for STOMP. */
async function startRabbitMq(): Promise<number> {
  const folder = test.info().outputPath('rabbitmq');
  await mkdir(folder, { recursive: true });
  const [epmd, distribution, amqp, stomp] = [
    String(await freePort()),
    String(await freePort()),
    String(await freePort()),
    await freePort(),
  ];
  await writeFile(`${folder}/plugins`, '[rabbitmq_stomp].\n');
  await writeFile(
    `${folder}/rabbitmq.conf`,
    `listeners.tcp.1 = 127.0.0.1:${amqp}\nstomp.listeners.tcp.1 = 127.0.0.1:${stomp}\n` +
      'log.console = true\nlog.file = false\n',
  );
  // The server would start an epmd that outlives it.
  new Program('epmd', ['-port', epmd, '-address', '127.0.0.1']);
  const server = new Program(rabbitMq, [], {
    HOME: folder,
    ERL_EPMD_PORT: epmd,
    RABBITMQ_NODENAME: `motd${stomp}@localhost`,
    RABBITMQ_DIST_PORT: distribution,
    RABBITMQ_MNESIA_BASE: folder,
    RABBITMQ_LOG_BASE: folder,
    RABBITMQ_PID_FILE: `${folder}/pid`,
    RABBITMQ_ENABLED_PLUGINS_FILE: `${folder}/plugins`,
    RABBITMQ_CONFIG_FILE: `${folder}/rabbitmq.conf`,
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
  });
  await server.waitForOutput(/started STOMP TCP listener[\s\S]*Server startup complete/);
  return stomp;
}

test('a STOMP client sends and receives over v12.stomp', async () => {
  const port = await startRabbitMq();
  const bridgePort = await startBridgeTo(`stomp=127.0.0.1:${port}+subprotocol=v12.stomp`);
  // The client offers v12.stomp, v11.stomp and v10.stomp.
  const client = new Client({
    webSocketFactory: () =>
      new WebSocket(
        `ws://127.0.0.1:${bridgePort}/ws/stomp/`,
        client.stompVersions.protocolVersions(),
      ),
    connectHeaders: { login: 'guest', passcode: 'guest' },
    reconnectDelay: 0,
  });
  const connected = new Promise<IFrame>((resolve) => {
    client.onConnect = resolve;
  });
  client.activate();
  expect((await connected).headers['version']).toBe('1.2');
  expect(client.webSocket).toHaveProperty('protocol', 'v12.stomp');
  const body = `Grüße ${'0123456789'.repeat(10_000)}`;
  const received = new Promise<IMessage>((resolve) => {
    client.subscribe('/queue/greeting', resolve);
  });
  client.publish({ destination: '/queue/greeting', body });
  expect((await received).body).toBe(body);
  await client.deactivate();
});
