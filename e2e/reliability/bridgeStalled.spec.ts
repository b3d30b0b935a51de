// Sessions in which one side does not read while the other sends without end: the bridge buffers
// little, backpressure blocks the sender, and nothing is lost when reading continues.

import { mebibytes, megabytes } from '../../testing/byteUnits.ts';
import { frame, OPCODE } from '../../testing/frames.ts';
import { isLinux, NEEDS_LINUX, peakKb, pssKb, resetPeak } from '../../testing/procFs.ts';
import { randomFrom, seed } from '../../testing/random.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { OPEN_BATCH_SIZE, startBridgeProgram, test } from './bridgeProgram.ts';
import { Comparison, contentOf } from './content.ts';
import { LatencyProbe, MANY_SAMPLES } from './latencyProbe.ts';
import { pidOf, startSilentServer } from './rawClient.ts';
import { ScriptedTarget, type TargetConnection } from './scriptedTarget.ts';

/**
 * The memory a session may need while one side is blocked: one read toward a browser; two messages
 * of 256 KiB toward a target; slack.
 */
const MAX_KB_PER_SESSION = 768;
/** The memory the bridge may need in addition: heap that V8 has not collected yet. */
const MAX_KB_OVERHEAD = 60_000;

const APPLE = 'An apple a day keeps the doctor away.';
const CONTENT_BYTES = 4 * 1024 * 1024;
const CHUNK_BYTES = 64 * 1024;
/** Starts the targets that send without end. */
const GO = Buffer.from('go');

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ mode: 'default', timeout: scaled(60_000, 600_000) });

/** Sends the same content repeatedly, as long as there is room, until it is stopped. */
class FloodingSender {
  written = 0;
  #isStopping = false;
  readonly #content: Buffer;
  readonly #send: (chunk: Buffer) => boolean;
  readonly #end: () => void;

  constructor(content: Buffer, send: (chunk: Buffer) => boolean, end: () => void) {
    this.#content = content;
    this.#send = send;
    this.#end = end;
  }

  /** Call it again on every `drain`. */
  fill(): void {
    let hasRoom = true;
    while (hasRoom && !this.#isStopping) {
      const at = this.written % this.#content.length;
      const chunk = this.#content.subarray(at, at + CHUNK_BYTES);
      hasRoom = this.#send(chunk);
      this.written += chunk.length;
    }
  }

  stop(): void {
    this.#isStopping = true;
    this.#end();
  }
}

/** Compares the received bytes with repetitions of the same content. */
class RepetitionVerifier {
  received = 0;
  isCorrect = true;
  #repetition: Comparison;
  readonly #content: Buffer;

  constructor(content: Buffer) {
    this.#content = content;
    this.#repetition = new Comparison(content);
  }

  receive(chunk: Buffer): void {
    const room = this.#content.length - this.#repetition.receivedBytes;
    this.#repetition.receive(chunk.subarray(0, room));
    this.received += Math.min(room, chunk.length);
    if (this.#repetition.wrongAt !== undefined) this.isCorrect = false;
    if (this.#repetition.receivedBytes === this.#content.length)
      this.#repetition = new Comparison(this.#content);
    if (chunk.length > room) this.receive(chunk.subarray(room));
  }
}

test(
  'browsers that do not read hold back their targets, cost little memory, and get every byte later',
  QUICK,
  async () => {
    const count = scaled(60, 1000);
    const content = contentOf(CONTENT_BYTES, false, randomFrom(seed));
    const senders: FloodingSender[] = [];
    const target = await ScriptedTarget.listen(({ socket }) => {
      const sender = new FloodingSender(
        content,
        (chunk) => socket.write(chunk),
        () => socket.end(),
      );
      senders.push(sender);
      // It starts to send on a request.
      socket.once('data', () => sender.fill()).on('drain', () => sender.fill());
      socket.resume();
    });
    const probed = await startProbedBridge(target);
    const verifiers = Array.from({ length: count }, () => new RepetitionVerifier(content));
    const webSockets = await openAll(
      verifiers.map(
        (verifier) => () =>
          RawWebSocket.connect(probed.port, {
            path: '/ws/stalled',
            startsPaused: true,
            onData: (chunk) => verifier.receive(chunk),
          }),
      ),
    );
    await expect.poll(() => target.accepted).toBe(count);
    const cost = await measureBlockedSessions(probed, senders, () => {
      for (const webSocket of webSockets)
        webSocket.send(frame({ opcode: OPCODE.text, payload: GO }));
    });
    expect(sum(verifiers.map((verifier) => verifier.received))).toBeLessThan(cost.written);

    for (const sender of senders) sender.stop();
    for (const { socket } of webSockets) socket.resume();
    const endings = await Promise.all(webSockets.map((webSocket) => webSocket.ended()));
    const expected = { code: 1000, reason: 'stalled closed the connection', isClean: true };
    expect(new Set(endings.map((ending) => JSON.stringify(ending))).size).toBe(1);
    expect(endings[0]).toEqual(expected);
    expect(verifiers.every(({ isCorrect }) => isCorrect)).toBe(true);
    expect(sum(verifiers.map((verifier) => verifier.received))).toBe(cost.written);

    const subject = `${count} browsers that did not read, targets that sent without end`;
    recordCost('bridge: stalled readers', subject, count, cost);
  },
);

test('targets that do not read hold back their browsers, cost little memory, and get every byte later', async () => {
  const count = scaled(10, 100);
  const content = contentOf(CONTENT_BYTES, false, randomFrom(seed));
  const connections: Array<{ connection: TargetConnection; verifier: RepetitionVerifier }> = [];
  const target = await ScriptedTarget.listen((connection) => {
    const verifier = new RepetitionVerifier(content);
    connections.push({ connection, verifier });
    connection.socket.on('data', (chunk) => verifier.receive(chunk)).pause();
    connection.socket.on('end', () => connection.socket.end());
  });
  const probed = await startProbedBridge(target);
  const webSockets = await openAll(
    Array.from(
      { length: count },
      () => () => RawWebSocket.connect(probed.port, { path: '/ws/stalled' }),
    ),
  );
  await expect.poll(() => target.accepted).toBe(count);
  const senders = webSockets.map((webSocket) => {
    const send = (payload: Buffer) => webSocket.send(frame({ opcode: OPCODE.binary, payload }));
    const sender = new FloodingSender(content, send, () => webSocket.close());
    webSocket.socket.on('drain', () => sender.fill());
    return sender;
  });
  const cost = await measureBlockedSessions(probed, senders, () => {
    for (const sender of senders) sender.fill();
  });

  for (const sender of senders) sender.stop();
  for (const { connection } of connections) connection.socket.resume();
  const ends = await Promise.all(connections.map(({ connection }) => connection.ended));
  expect(new Set(ends)).toEqual(new Set(['end']));
  expect(connections.every(({ verifier }) => verifier.isCorrect)).toBe(true);
  expect(sum(connections.map(({ verifier }) => verifier.received))).toBe(cost.written);

  const subject = `${count} targets that did not read, browsers that sent without end`;
  recordCost('bridge: stalled targets', subject, count, cost);
});

/** A bridge with a latency probe through it to a real server. */
interface ProbedBridge {
  pid: number;
  port: number;
  probe: LatencyProbe;
}

/** The memory that blocked sessions cost the bridge, in kB, and the latencies of a probe. */
interface Cost {
  /** Everything sent until all senders were blocked, in bytes. */
  written: number;
  before: number;
  after: number;
  peakBefore: number;
  peak: number;
  /** The latencies before, while the buffers filled, and once everything was blocked. */
  baseline: string;
  filling: string;
  blocked: string;
}

async function startProbedBridge(stalled: ScriptedTarget): Promise<ProbedBridge> {
  const server = await startSilentServer();
  const targets = { stalled: stalled.address, motd: `127.0.0.1:${server.port}` };
  const { program, port } = await startBridgeProgram(targets);
  const probe = await LatencyProbe.start(`ws://127.0.0.1:${port}/ws/motd`, APPLE);
  return { pid: pidOf(program), port, probe };
}

/**
 * Starts all senders, and waits until they are blocked.
 *
 * @param begin Starts them.
 */
async function measureBlockedSessions(
  { pid, probe }: ProbedBridge,
  senders: readonly FloodingSender[],
  begin: () => void,
): Promise<Cost> {
  await probe.report();
  const baseline = await probe.report(MANY_SAMPLES);

  const before = pssKb(pid);
  resetPeak(pid);
  const peakBefore = peakKb(pid);
  begin();
  const sentBytes = () => sum(senders.map((sender) => sender.written));
  await probe.waitUntilStable(sentBytes);
  const filling = await probe.report();
  // Twice: a window probe of the kernel may find room for a little more.
  await probe.waitUntilStable(sentBytes);
  const blocked = await probe.report();
  const after = pssKb(pid);
  const peak = peakKb(pid);
  return { written: sentBytes(), before, after, peakBefore, peak, baseline, filling, blocked };
}

/** Records the cost of `count` sessions, and checks that it is small. */
function recordCost(name: string, subject: string, count: number, cost: Cost): void {
  const { written, before, after, peakBefore, peak, baseline, filling, blocked } = cost;
  const each = (after - before) / count;
  record(
    name,
    `${subject} and were blocked after ` +
      `${megabytes(written / count)} each (most of it in the kernel): bridge Pss ${mebibytes(before)} before, ` +
      `${mebibytes(after)} blocked, ${Math.round(each)} kB a session; RSS at most ${mebibytes(peak)}; when they read ` +
      `again, all ${megabytes(written)} arrived in order. A latency probe before: ` +
      `${baseline}; while the buffers filled: ${filling}; then: ${blocked}`,
  );
  const limitKb = MAX_KB_OVERHEAD + count * MAX_KB_PER_SESSION;
  expect(after - before).toBeLessThan(limitKb);
  expect(peak - peakBefore).toBeLessThan(limitKb);
}

/** Opens all of them, a few at a time. */
async function openAll(opens: Array<() => Promise<RawWebSocket>>): Promise<RawWebSocket[]> {
  const opened: RawWebSocket[] = [];
  while (opened.length < opens.length) {
    const batch = opens.slice(opened.length, opened.length + OPEN_BATCH_SIZE);
    opened.push(...(await Promise.all(batch.map((open) => open()))));
  }
  return opened;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
