// Peers that violate the WebSocket protocol: each is closed with the code that RFC 6455 defines for
// the violation, and no other session is affected.

import { connect } from 'node:net';
import { frame, OPCODE } from '../../testing/frames.ts';
import { pick, randomFrom, seed } from '../../testing/random.ts';
import { responseHead } from '../../testing/rawHttp.ts';
import { RawWebSocket, upgradeRequest } from '../../testing/rawWebSocket.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { startBridgeProgram, test } from './bridgeProgram.ts';
import { EchoSession } from './echoSession.ts';
import { type Violation, violations } from './malformedFrames.ts';
import { echo, ScriptedTarget } from './scriptedTarget.ts';
import { eventLoopIterations, splitRandomly } from './sender.ts';

const CONCURRENCY = 20;
const VALID_PAYLOAD = Buffer.from('nothing wrong');

/** The violation, the bytes, and the status of the response. */
const HANDSHAKES = [
  ['an invalid key', upgradeRequest('/ws', { 'Sec-WebSocket-Key': 'x' }), 400],
  ['a key that is too long', upgradeRequest('/ws', { 'Sec-WebSocket-Key': 'A'.repeat(32) }), 400],
  ['no key', upgradeRequest('/ws', { 'Sec-WebSocket-Key': undefined }), 400],
  ['a version that does not exist', upgradeRequest('/ws', { 'Sec-WebSocket-Version': '99' }), 400],
  ['no version', upgradeRequest('/ws', { 'Sec-WebSocket-Version': undefined }), 400],
  ['no Upgrade', upgradeRequest('/ws', { Upgrade: undefined, Connection: 'close' }), 426],
  ['an Upgrade to something else', upgradeRequest('/ws', { Upgrade: 'h2c' }), 400],
  ['an unknown target', upgradeRequest('/ws/nobody'), 404],
  ['no Host', upgradeRequest('/ws', { Host: undefined }), 400],
  ['an invalid header', upgradeRequest('/ws', { 'Bad Name': 'x' }), 400],
  ['garbage', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  [
    'frames without a handshake',
    `${frame({ opcode: OPCODE.text }).toString('latin1')}\r\n\r\n`,
    400,
  ],
] as const;

test.describe.configure({ timeout: scaled(60_000, 900_000) });

test(
  'closes with the right code after each malformed frame, and affects no other session',
  QUICK,
  async () => {
    const count = scaled(320, 10_000);
    const target = await ScriptedTarget.listen(echo);
    const bridge = await startBridgeProgram({ echo: target.address });
    const echoSession = await EchoSession.start(bridge.port, '/ws/echo');

    const closed = new Map<number, number>();
    const faults: string[] = [];
    let next = 0;
    const work = Array.from({ length: CONCURRENCY }, async () => {
      for (let index = next++; index < count; index = next++) {
        const violation = violations[index % violations.length];
        if (violation === undefined) throw new Error('no such violation');
        faults.push(...(await sendViolation(violation, bridge.port, index)));
        closed.set(violation.code, (closed.get(violation.code) ?? 0) + 1);
      }
    });
    await Promise.all(work);
    expect(faults).toEqual([]);

    const exchanged = await echoSession.stop();
    expect(exchanged).toBeGreaterThan(10);
    expect(bridge.program.process.exitCode).toBeNull();
    expect(bridge.program.process.signalCode).toBeNull();
    expect(bridge.program.stderr).toBe('');
    await expect.poll(() => target.connections.size).toBe(0);
    record(
      'bridge: malformed frames',
      `${count} of ${violations.length} kinds, whole and in pieces: ` +
        `${[...closed].map(([code, times]) => `${times} closed with ${code}`).join(', ')}, as ` +
        `RFC 6455 requires, and each connection ended; 0 crashes; an echo session exchanged ` +
        `${exchanged} messages, all correct`,
    );
  },
);

/**
 * Sends an invalid frame, often after a valid one, whole or in pieces.
 *
 * @returns The faults of the bridge's response. It calls no `expect`, because the runner keeps a
 *   record of each call and becomes slow.
 */
async function sendViolation(violation: Violation, port: number, index: number): Promise<string[]> {
  const random = randomFrom(Math.imul(seed + index, 0x9e37_79b1));
  const what = `${violation.name}, number ${index} of seed ${seed}`;
  const validFrame = frame({
    opcode: pick([OPCODE.text, OPCODE.binary], random),
    payload: VALID_PAYLOAD,
  });
  const invalidFrame = Buffer.concat(violation.make(random));
  const hasValidFrame = random() < 0.5;
  const bytes = hasValidFrame ? Buffer.concat([validFrame, invalidFrame]) : invalidFrame;
  const isEarly = random() < 0.1;

  const webSocket = await RawWebSocket.connect(port, isEarly ? { early: bytes } : {});
  if (!isEarly) {
    const pieces =
      random() < 0.5 ? [bytes] : splitRandomly(bytes, Math.max(1, bytes.length / 3), random);
    for (const piece of pieces) {
      if (webSocket.socket.destroyed) break;
      webSocket.socket.write(piece);
      await eventLoopIterations(1);
    }
  }
  const { code, isClean, error } = await webSocket.ended();
  const isCorrect = code === violation.code && isClean && error === undefined;
  return isCorrect ? [] : [`${what}: closed with ${code}, ${isClean ? 'cleanly' : error}`];
}

test('rejects an invalid handshake, which reaches no target', async () => {
  const target = await ScriptedTarget.listen(echo);
  const bridge = await startBridgeProgram({ echo: target.address });
  for (const [what, request, status] of HANDSHAKES) {
    const socket = connect({ host: '127.0.0.1', port: bridge.port });
    socket.on('error', () => {});
    socket.write(request, 'latin1');
    const { head } = await responseHead(socket);
    expect.soft(head, what).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    socket.destroy();
  }
  await (await EchoSession.start(bridge.port, '/ws/echo')).stop();
  expect(target.accepted).toBe(1);
  expect(bridge.program.stderr).toBe('');
});

test('closes with 1002 if garbage follows the handshake', async () => {
  const target = await ScriptedTarget.listen(echo);
  const bridge = await startBridgeProgram({ echo: target.address });
  const random = randomFrom(seed);
  const second = Buffer.from(upgradeRequest());
  for (let round = 0; round < scaled(20, 1000); round++) {
    const garbage = Buffer.from(Array.from({ length: 200 }, () => random() * 256));
    // A reserved bit makes the first byte invalid.
    garbage.writeUInt8(garbage.readUInt8(0) | 0x20, 0);
    const early = round % 2 === 0 ? garbage : second;
    const webSocket = await RawWebSocket.connect(bridge.port, { early });
    const ending = await webSocket.ended();
    expect(ending, `round ${round}`).toMatchObject({ code: 1002, isClean: true });
  }
  expect(bridge.program.stderr).toBe('');
});
