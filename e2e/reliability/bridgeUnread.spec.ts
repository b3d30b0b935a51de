// HTTP responses that a client does not read, and bridges without file descriptors.

import { once } from 'node:events';
import { childrenOf, descriptors, isLinux, NEEDS_LINUX, rssKb } from '../../testing/procFs.ts';
import { Program } from '../../testing/programs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { OPEN_BATCH_SIZE, startBridgeProgram, test } from './bridgeProgram.ts';
import { openConnection } from './openConnection.ts';
import { pidOf, startSilentServer } from './rawClient.ts';

const CONNECTIONS = scaled(60, 600);
const REQUESTS = 100;
/**
 * The load is repeated. Right after a round, memory may hold garbage that V8 has not collected yet:
 * what is left over counts as in use if it is there after every further round.
 */
const FURTHER_ROUNDS = 4;
/** By how much V8's heap may still grow after the first round. */
const MAX_MIB = 60;
/** The same for the first round, whose connections are more in the long form. */
const MAX_MIB_AT_FIRST = scaled(60, 200);

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ timeout: scaled(60_000, 300_000) });

/** A request for the page's script, its largest file. */
async function requestForLargestFile({ port }: ListeningProgram): Promise<string> {
  const page = await (await fetch(`http://127.0.0.1:${port}/`)).text();
  const [script] = /assets\/index-[\w-]+\.js/.exec(page) ?? [];
  expect(script).toBeDefined();
  return `GET /${script} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
}

/** Sends many requests on many connections, reads nothing, and waits until the bridge closes them. */
async function leaveUnread({ port }: ListeningProgram, request: string): Promise<void> {
  for (let left = CONNECTIONS; left > 0; left -= OPEN_BATCH_SIZE) {
    const sockets = await Promise.all(
      Array.from({ length: Math.min(left, OPEN_BATCH_SIZE) }, () => openConnection(port)),
    );
    await Promise.all(
      sockets.map((socket) => new Promise((sent) => socket.write(request.repeat(REQUESTS), sent))),
    );
    // The bridge closes them: none may have REQUESTS unanswered requests.
    await Promise.all(sockets.map((socket) => once(socket.resume(), 'close')));
  }
}

test('leaves no descriptor open and no memory in use for unread answers', QUICK, async () => {
  const { port: target } = await startSilentServer();
  const bridge = await startBridgeProgram({ motd: `127.0.0.1:${target}` });
  const pid = pidOf(bridge.program);
  const request = await requestForLargestFile(bridge);
  const before = { descriptors: descriptors(pid), kb: rssKb(pid) };
  await leaveUnread(bridge, request);
  const held = rssKb(pid);
  expect((held - before.kb) / 1024).toBeLessThan(MAX_MIB_AT_FIRST);
  const later: number[] = [];
  while (later.length < FURTHER_ROUNDS) {
    await leaveUnread(bridge, request);
    later.push(rssKb(pid));
  }
  // The connections of fetch are closed as well.
  await expect.poll(() => descriptors(pid)).toBeLessThanOrEqual(before.descriptors);
  const grownMib = (Math.min(...later) - held) / 1024;
  expect(grownMib).toBeLessThan(MAX_MIB);
  await RawWebSocket.connect(bridge.port);
  record(
    'bridge: unread answers',
    `${FURTHER_ROUNDS + 1} times ${CONNECTIONS} connections with ${REQUESTS} requests each: ` +
      `${before.descriptors} descriptors before, ${descriptors(pid)} after, with one session; memory ` +
      `grew by ${((held - before.kb) / 1024).toFixed(0)} MiB the first time, and by ` +
      `${grownMib.toFixed(0)} MiB since`,
  );
});

/** How long a probe waits for a response: a worker without descriptors may not answer. */
const PROBE_TIMEOUT_MS = 1000;

/** The result of a probe with a new connection: a response, `closed`, or `unanswered`. */
async function healthOf(port: number): Promise<string> {
  const headers = { connection: 'close' };
  const signal = AbortSignal.timeout(PROBE_TIMEOUT_MS);
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { headers, signal });
    return `${response.status} ${await response.text()}`;
  } catch {
    return signal.aborted ? 'unanswered' : 'closed';
  }
}

for (const [which, flags] of [
  ['one process', []],
  ['two workers', ['--workers', '2']],
] as const) {
  test(`reports a bridge of ${which} as not healthy while it is out of file descriptors`, async () => {
    const limited = 'ulimit -n 100; exec "$0" dist/cli/main.js bridge --http-port 0 "$@"';
    const program = new Program('sh', ['-c', limited, process.execPath, ...flags]);
    const [, found] = await program.waitForOutput(/listening on http:\/\/127\.0\.0\.1:(\d+)\n/);
    const port = Number(found);
    await expect.poll(() => healthOf(port)).toBe('200 ok\n');
    const processes = childrenOf(pidOf(program));

    const clients = await Promise.all(Array.from({ length: 200 }, () => openConnection(port)));
    // `unanswered` would prove nothing: a busy machine may not answer either.
    await expect.poll(() => healthOf(port)).toMatch(/^(503|closed)/);
    for (const socket of clients) socket.destroy();
    // Connections reach the workers in turn: probe each of them.
    for (let count = 0; count < 4; count++) {
      await expect.poll(() => healthOf(port)).toBe('200 ok\n');
    }
    expect(childrenOf(pidOf(program))).toEqual(processes);
  });
}
