import { expect, test } from 'vitest';
import { closePayload, frame, OPCODE } from '../../testing/frames.ts';
import { PayloadCounter } from './payloadCounter.ts';

const unmasked = {
  short: Buffer.concat([Buffer.from([0x82, 3]), Buffer.alloc(3, 0xff)]),
  medium: Buffer.concat([Buffer.from([0x82, 126, 0x01, 0x00]), Buffer.alloc(256, 0xff)]),
  long: Buffer.concat([
    Buffer.from([0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    Buffer.alloc(65_536, 0xff),
  ]),
  empty: Buffer.from([0x82, 0]),
  ping: Buffer.from([0x89, 2, 0xff, 0xff]),
};

const STREAMS: [string, Buffer[], number][] = [
  ['short, medium and long frames', [unmasked.short, unmasked.medium, unmasked.long], 65_795],
  ['an empty frame between others', [unmasked.short, unmasked.empty, unmasked.short], 6],
  ['a ping between others, not counted', [unmasked.short, unmasked.ping, unmasked.medium], 259],
  [
    'masked frames',
    [125, 126, 65_535, 65_536].map((n) =>
      frame({ opcode: OPCODE.binary, payload: Buffer.alloc(n) }),
    ),
    131_322,
  ],
  [
    'a masked close frame, not counted',
    [
      frame({ opcode: OPCODE.binary, payload: Buffer.from('x') }),
      frame({ opcode: OPCODE.close, payload: closePayload(1000) }),
    ],
    1,
  ],
];

test.each(STREAMS)('counts the payload, whole and byte by byte: %s', (_, frames, payload) => {
  const stream = Buffer.concat(frames);
  expect(new PayloadCounter().count(stream)).toBe(payload);

  const counter = new PayloadCounter();
  let counted = 0;
  for (const byte of stream) counted += counter.count(Buffer.from([byte]));
  expect(counted).toBe(payload);
});
