import { once } from 'node:events';
import { expect, test } from 'vitest';
import { FrameReader, frame, OPCODE } from '../../testing/frames.ts';
import { rawWebSocket, startBridge, startTarget } from '../bridge.harness.ts';

/** The lengths of what a target sends, from one byte to more than a read. */
const LENGTHS = [1, 125, 126, 4096, 65_535, 65_536, 1_000_000];

const ROUNDS = 10;

/** Of a length that no buffer has, so that it shows bytes that are missing, doubled or misplaced. */
const PATTERN = Uint8Array.from({ length: 251 }, (_, at) => at);

// Relayed frames go past ws (toBrowser.ts). If ws wrote a frame of its own in several pieces, a
// relayed one could get between them.
test('keeps every frame whole among the pongs, pings and the close frame that ws writes', async () => {
  const sent = Buffer.alloc(ROUNDS * LENGTHS.reduce((sum, length) => sum + length), PATTERN);
  const target = await startTarget((socket) => {
    socket.once('data', async () => {
      let at = 0;
      for (let round = 0; round < ROUNDS; round++) {
        for (const length of LENGTHS) {
          const isFree = socket.write(sent.subarray(at, at + length));
          at += length;
          await (isFree ? new Promise(setImmediate) : once(socket, 'drain'));
        }
      }
      socket.end();
    });
  });
  const bridge = await startBridge({ target }, { rules: { pingIntervalMs: 1 } });
  const raw = await rawWebSocket(bridge);
  const received: Buffer[] = [];
  const controls: [number, string][] = [];
  const pings: string[] = [];
  const reader = new FrameReader({
    onData: (chunk) => received.push(Buffer.from(chunk)),
    onControl: (opcode, payload) => {
      controls.push([opcode, payload.toString('latin1')]);
      if (opcode === OPCODE.close) raw.end(frame({ opcode: OPCODE.close, payload }));
      if (opcode === OPCODE.ping) raw.write(frame({ opcode: OPCODE.pong, payload }));
    },
  });
  const ping = () => {
    // The longest payload, so that a pong is as long as it can be.
    const payload = String(pings.length).padEnd(125, '.');
    pings.push(payload);
    raw.write(frame({ opcode: OPCODE.ping, payload: Buffer.from(payload) }));
  };
  raw.on('data', (chunk) => {
    reader.push(chunk);
    if (!raw.writableEnded) ping();
    // A slow reader: frames wait in the bridge, and pongs among them.
    raw.pause();
    setImmediate(() => raw.resume());
  });
  ping();
  raw.write(frame({ opcode: OPCODE.binary, payload: Buffer.from('go') }));
  await once(raw, 'close');

  expect(Buffer.concat(received).equals(sent)).toBe(true);
  const pongs = controls.filter(([opcode]) => opcode === OPCODE.pong).map(([, payload]) => payload);
  expect(pongs.length).toBeGreaterThan(10);
  expect(pongs).toEqual(pings.slice(0, pongs.length));
  expect(controls.at(-1)).toEqual([OPCODE.close, '\x03\xe8target closed the connection']);
});
