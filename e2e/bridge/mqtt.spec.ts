// docs/targets.md, "Try it with MQTT": MQTT.js through the bridge, to mosquitto's plain TCP port.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { replaceParts } from '../../testing/docs.ts';
import { freePort } from '../../testing/freePort.ts';
import { ROOT } from '../../testing/root.ts';
import { expect, QUICK, test } from '../fixtures.ts';
import { guideBlock, runGuide, startGuideBridge } from './targetsGuide.ts';

const HEADING = 'Try it with MQTT';
const MEGABYTE = 1024 * 1024;

// Empty if scripts/tools.mjs found none and could not install one; CI always has one.
const mosquitto = process.env['MOTD_TEST_MOSQUITTO'] ?? 'mosquitto';
test.skip(mosquitto === '' && process.env['CI'] === undefined, 'no mosquitto on this machine');

/** Clients of a test, which would connect again after it. */
const clients = new Set<MqttClient>();
test.afterEach(() => {
  for (const client of clients) client.end(true);
  clients.clear();
});

/** Starts mosquitto and a bridge as docs/targets.md does. @returns The port of the bridge. */
async function start(flags = '', mark = '+subprotocol=mqtt'): Promise<number> {
  const port = String(await freePort());
  const broker = runGuide(
    [HEADING, 'sh'],
    [
      ['mosquitto', `exec ${mosquitto}`],
      ['1890', port],
    ],
  );
  await broker.waitForStderr(/mosquitto version \S+ running/);
  const target = [
    ['1890', port],
    ['+subprotocol=mqtt', mark],
  ] as const;
  return startGuideBridge([HEADING, 'sh', 1], target, flags);
}

/** @throws If the connection closes instead. */
async function connect(port: number, options: IClientOptions = {}): Promise<MqttClient> {
  const client = mqtt.connect(`ws://127.0.0.1:${port}/ws/mqtt`, { reconnectPeriod: 0, ...options });
  clients.add(client);
  await new Promise<void>((resolve, reject) => {
    client.once('connect', () => resolve());
    client.once('close', () => reject(new Error('not connected')));
  });
  return client;
}

/** The next message that a client receives. */
function nextMessage(client: MqttClient): Promise<{ topic: string; payload: Buffer; qos: number }> {
  return new Promise((resolve) => {
    client.once('message', (topic, payload, { qos }) => resolve({ topic, payload, qos }));
  });
}

async function metric(port: number, name: string): Promise<string | undefined> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  return text.split('\n').find((line) => line.startsWith(name));
}

test('runs the program of docs/targets.md, with the output given there', QUICK, async () => {
  const port = await start();
  const program = runGuide([HEADING, 'sh', 2], [['8080', String(port)]]);
  expect(await program.result()).toEqual({
    status: 0,
    stdout: guideBlock(HEADING, ''),
    stderr: '',
  });
});

test('runs the page of docs/targets.md, at an origin of its own', async ({ page }) => {
  // A real server: to Chromium, a page that the test itself provides is not of this machine, and
  // must not connect to it.
  let html = '';
  const site = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(html);
  });
  await once(site.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
  const port = await start(`--public-origin ${origin}`);
  html = replaceParts(guideBlock(HEADING, 'html'), [['8080', String(port)]]);
  const library = fileURLToPath(new URL('node_modules/mqtt/dist/mqtt.min.js', ROOT));
  await page.route('https://unpkg.com/mqtt@5/dist/mqtt.min.js', (route) =>
    route.fulfill({ path: library }),
  );
  await page.goto(origin);
  await expect(page.locator('body')).toContainText('greeting hello');
  site.close();
});

test('MQTT.js subscribes, publishes and receives at each quality of service', async () => {
  const port = await start();
  for (const protocolVersion of [4, 5] as const) {
    const client = await connect(port, { protocolVersion });
    for (const qos of [0, 1, 2] as const) {
      const topic = `room/${qos}`;
      await client.subscribeAsync(topic, { qos });
      const received = nextMessage(client);
      await client.publishAsync(topic, `Hello ${qos} ü`, { qos });
      const { topic: from, payload, qos: quality } = await received;
      expect([from, String(payload), quality]).toEqual([topic, `Hello ${qos} ü`, qos]);
    }
    await client.endAsync();
  }
  const counted = 'motd_bridge_subprotocol_sessions_total{target="mqtt",subprotocol="mqtt"}';
  expect(await metric(port, counted)).toBe(`${counted} 2`);
});

test('MQTT.js receives a payload of 1 MB as it was published, at --max-message-bytes 2 MB', async () => {
  const port = await start(`--max-message-bytes ${2 * MEGABYTE}`);
  const [publisher, subscriber] = await Promise.all([connect(port), connect(port)]);
  await subscriber.subscribeAsync('large', { qos: 1 });
  const payload = Buffer.from(
    Array.from({ length: MEGABYTE }, (_, at) => (at * 31 + at / 251) % 256),
  );
  const received = nextMessage(subscriber);
  await publisher.publishAsync('large', payload, { qos: 1 });
  expect(payload.equals((await received).payload)).toBe(true);
});

test('closes with 1009 if MQTT.js publishes more than --max-message-bytes', async () => {
  const port = await start();
  const client = await connect(port);
  const closed = new Promise<void>((resolve) => client.once('close', resolve));
  client.publish('large', Buffer.alloc(MEGABYTE), { qos: 1 }, () => {});
  await closed;
  const closes = 'motd_bridge_websocket_closes_total{code="1009"}';
  await expect.poll(() => metric(port, closes)).toBe(`${closes} 1`);
});

test('a client of MQTT 3.1 needs a mark of its own', async () => {
  const old: IClientOptions = { protocolId: 'MQIsdp', protocolVersion: 3 };
  const rejected = connect(await start(), old);
  await expect(rejected).rejects.toThrow('not connected');
  const port = await start('', '+subprotocol=mqtt+subprotocol=mqttv3.1');
  const client = await connect(port, old);
  await client.subscribeAsync('old', { qos: 1 });
  const received = nextMessage(client);
  await client.publishAsync('old', 'still here', { qos: 1 });
  expect(String((await received).payload)).toBe('still here');
});

test('a browser fails its connection with 1006 if the target has none of its subprotocols', async ({
  page,
}) => {
  const port = await start();
  await page.goto(`http://127.0.0.1:${port}/healthz`);
  const connectWith = (offered: string[]) =>
    page.evaluate(async (names) => {
      const webSocket = new WebSocket(`ws://${location.host}/ws/mqtt/`, names);
      const event = await new Promise<Event>((resolve) => {
        webSocket.onopen = webSocket.onclose = resolve;
      });
      return event instanceof CloseEvent ? event.code : webSocket.protocol;
    }, offered);
  expect(await connectWith([])).toBe('');
  expect(await connectWith(['mqtt'])).toBe('mqtt');
  expect(await connectWith(['v12.stomp', 'mqtt'])).toBe('mqtt');
  expect(await connectWith(['v12.stomp', 'binary'])).toBe('binary');
  expect(await connectWith(['v12.stomp'])).toBe(1006);
});
