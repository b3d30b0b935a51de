// Three servers with one store behind a real HAProxy, restarted one after another while clients
// send requests without a pause: no request fails.

import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { isWithoutEtcd, LocalEtcd } from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { isWithoutHaproxy, startBalancer } from '../balancer.ts';
import { expect, startServer, store, test } from '../fixtures.ts';

const SERVERS = 3;
/** As in deploy/container/compose.yaml. */
const DRAIN_SECONDS = 3;
const ROUNDS = scaled(1, 10);
const CLIENTS = 4;

const MESSAGE = 'Imagination is more important than knowledge';

/** A server that can be restarted on the same ports. */
class RestartableServer {
  readonly port: number;
  readonly healthPort: number;
  readonly #store: string;
  #program: Program | undefined;

  constructor(store: string, port: number, healthPort: number) {
    this.#store = store;
    this.port = port;
    this.healthPort = healthPort;
  }

  /** Resolves once the server is ready. */
  async start(): Promise<void> {
    const flags = Object.entries({
      store: this.#store,
      port: this.port,
      'health-port': this.healthPort,
      drain: DRAIN_SECONDS,
      'trust-proxy': '127.0.0.1',
    }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    this.#program = Program.motd(['serve', ...flags]);
    await this.#program.waitForOutput(/listening on/);
    const address = `http://127.0.0.1:${this.healthPort}/readyz`;
    await expect.poll(async () => (await fetch(address)).status).toBe(200);
  }

  async restart(): Promise<void> {
    expect(await this.#program?.stop()).toBe(0);
    await this.start();
  }
}

/** The results of all clients of one kind. */
class RollingTotals {
  answered = 0;
  orderlyEnds = 0;
  readonly failures: string[] = [];
}

const ANSWER = `200 OK\n${MESSAGE}\n`;

/** Sends each request on a new connection, some of them a moment after connecting. */
async function requestOnNewConnections(
  port: number,
  isOver: () => boolean,
  totals: RollingTotals,
): Promise<void> {
  for (let request = 0; !isOver(); request++) {
    const answer = await requestOnce(port, request % 4 === 0 ? request % 40 : 0).catch(String);
    // A notice that the server is shutting down may follow the answer.
    if (answer.startsWith(ANSWER)) totals.answered++;
    else totals.failures.push(answer);
  }
}

async function requestOnce(port: number, pauseMs: number): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const answer = text(socket);
  // It may fail before it is awaited.
  answer.catch(() => {});
  // Some connections have sent nothing yet when their server starts to shut down.
  if (pauseMs > 0) await setTimeout(pauseMs);
  socket.write('MSGGET\nQUIT\n');
  return answer;
}

/** Sends requests on one connection, and opens another one after an orderly end. */
async function requestOnOneConnection(
  port: number,
  isOver: () => boolean,
  totals: RollingTotals,
): Promise<void> {
  while (!isOver()) {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    try {
      for await (const message of answersOn(socket, isOver)) {
        if (message === MESSAGE) totals.answered++;
        else totals.failures.push(message);
      }
      totals.orderlyEnds++;
    } catch (error) {
      totals.failures.push(String(error));
    }
  }
}

/** Yields each message, until the server reports that it shuts down, or the test is over. */
async function* answersOn(socket: Socket, isOver: () => boolean): AsyncGenerator<string, void> {
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  socket.on('error', () => {});
  while (!isOver()) {
    socket.write('MSGGET\n');
    const { value: reply } = await lines.next();
    if (reply === '421 SERVER SHUTTING DOWN') return;
    if (reply !== '200 OK') throw new Error(`the answer was ${reply}`);
    const { value: message } = await lines.next();
    yield String(message);
  }
  socket.destroy();
}

test('no MSGGET fails while each server is restarted', async () => {
  test.skip(isWithoutEtcd || isWithoutHaproxy, 'no etcd or no HAProxy on this machine');
  test.setTimeout(60_000 + ROUNDS * SERVERS * 20_000);
  const cluster = await LocalEtcd.start();
  try {
    record('rolling restart', await restartAll(`etcd://${cluster.endpoints}/rolling`));
  } finally {
    await cluster.close();
  }
});

test('drains for as long as --drain allows, and stops at a second signal', async () => {
  const healthPort = await freePort();
  const flags = ['--drain', '600', '--health-port', String(healthPort)];
  const { program, port } = await startServer(0, flags);
  await store(MESSAGE, port);
  const readiness = async () => {
    const response = await fetch(`http://127.0.0.1:${healthPort}/readyz?exclude=store`);
    return `${response.status} ${await response.text()}`;
  };
  await expect.poll(readiness).toBe('200 ready\n');
  program.process.kill('SIGTERM');
  await expect.poll(readiness).toBe('503 not ready: the server is stopping\n');
  expect(await requestOnce(port, 0)).toBe(`${ANSWER}200 OK\n`);
  program.process.kill('SIGTERM');
  expect(await program.exitCode()).toBe(0);
});

async function restartAll(url: string): Promise<string> {
  const servers: RestartableServer[] = [];
  for (let index = 0; index < SERVERS; index++)
    servers.push(new RestartableServer(url, await freePort(), await freePort()));
  await Promise.all(servers.map((server) => server.start()));
  const [port, proxyPort, httpPort, bridgePort, metricsPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const ports = { port, proxyPort, httpPort, bridgePort, metricsPort };
  await startBalancer(test.info().outputDir, ports, servers);
  await store(MESSAGE, port);
  const watcher = Program.motd(['watch', '127.0.0.1', String(port)]);
  await watcher.waitForOutput(new RegExp(`^${MESSAGE}\n`));

  let isOver = false;
  const [fresh, kept] = [new RollingTotals(), new RollingTotals()];
  const clients = Array.from({ length: CLIENTS }, () => [
    requestOnNewConnections(port, () => isOver, fresh),
    requestOnOneConnection(port, () => isOver, kept),
  ]).flat();
  try {
    for (let restarts = 0; restarts < ROUNDS * SERVERS; restarts++) {
      const [freshBefore, keptBefore] = [fresh.answered, kept.answered];
      await servers[restarts % SERVERS]?.restart();
      await expect.poll(() => fresh.answered).toBeGreaterThan(freshBefore + 50);
      await expect.poll(() => kept.answered).toBeGreaterThan(keptBefore + 50);
    }
  } finally {
    isOver = true;
    await Promise.all(clients);
  }

  expect({ fresh: fresh.failures, kept: kept.failures }).toEqual({ fresh: [], kept: [] });
  // Every client had at least one orderly end.
  expect(kept.orderlyEnds).toBeGreaterThan(CLIENTS);
  await store('Afterward', port);
  await watcher.waitForOutput(/\nAfterward\n/);
  return (
    `${ROUNDS * SERVERS} restarts: 0 of ${fresh.answered} MSGGET on new connections failed, ` +
    `0 of ${kept.answered} on kept ones`
  );
}
