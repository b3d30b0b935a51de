// Clients that stay connected and request the message again and again.

import { frame, OPCODE } from '../../testing/frames.ts';
import type { DialectServer } from '../contestants/dialectServer.ts';
import { minimalC, minimalNode } from '../contestants/minimal.ts';
import { ourServer, ourVersion, startBoth, startServer } from '../contestants/motd.ts';
import { redis } from '../contestants/redis.ts';
import { DIALECTS } from '../loads/dialect.ts';
import { framesCounter, type LoadTarget, targetOf } from '../loads/loadTarget.ts';
import { measureRoundTrips } from '../loads/roundTrips.ts';
import { comparison, type Load } from '../part.ts';

export const msgget = comparison({
  name: 'msgget',
  title: 'MSGGET',
  about:
    '50 connections that stay open. Each keeps 1, 16 or 128 requests in flight. Redis answers `GET`.',
  contestants: [ourServer(), minimalNode, redis(), minimalC],
  loads: [requests(50, 1), requests(50, 16), requests(50, 128)],
});

export function requests(connections: number, inFlight: number): Load<DialectServer> {
  return {
    rows: [{ title: titleOf(connections, inFlight), unit: 'requests/s', per: 'request' }],
    measure: async (target, seconds) => [
      await measureRoundTrips(
        target,
        { ...DIALECTS[target.dialect].get, connections, inFlight },
        seconds,
      ),
    ],
  };
}

const { get } = DIALECTS.motd;
const FRAMED = {
  request: frame({ opcode: OPCODE.binary, payload: get.request }),
  replyBytes: get.replyBytes,
  makeCounter: framesCounter,
};

export const relayedMsgget = comparison<LoadTarget>({
  name: 'msgget',
  title: 'MSGGET through the bridge',
  about: 'The same request in a WebSocket frame, with the bridge in between.',
  contestants: [
    { name: 'through the bridge', find: ourVersion, start: startBoth },
    {
      name: 'direct',
      find: ourVersion,
      start: async (programs) => targetOf([await startServer(programs)]),
    },
  ],
  loads: [1, 50].map((connections) => ({
    rows: [{ title: titleOf(connections, 1), unit: 'requests/s', per: 'request' }],
    measure: async (target, seconds) => [
      await measureRoundTrips(
        target,
        { ...(target.isBridge ? FRAMED : get), connections, inFlight: 1 },
        seconds,
      ),
    ],
  })),
});

function titleOf(connections: number, inFlight: number): string {
  return `MSGGET, ${connections} × ${inFlight}`;
}
