// The HTTP request of a session, with its response, takes 3 kB: as much as all that we keep for it.

import type { IncomingMessage } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { startEchoBridge, TestPeer } from '../bridge.harness.ts';
import type { Target } from './targets.ts';

const collectGarbage = (() => {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
})();

const MARKS: Array<[name: string, marks: Partial<Target>]> = [
  ['a plain target', {}],
  ['a target marked +proxy', { proxyVersion: 1 }],
  ['a target marked +telnet', { isTelnet: true }],
];

test.each(MARKS)('does not keep the HTTP request of a session with %s', async (_name, marks) => {
  const bridge = await startEchoBridge({ marks });
  const requests: WeakRef<IncomingMessage>[] = [];
  bridge.app.server.on('upgrade', (request) => requests.push(new WeakRef(request)));
  const peer = new TestPeer(bridge);
  await peer.opened();
  peer.webSocket.send('x');
  await peer.untilBytes(1);
  await expect
    .poll(() => {
      collectGarbage();
      return requests.map((request) => request.deref());
    })
    .toEqual([undefined]);
  expect(peer.webSocket.readyState).toBe(peer.webSocket.OPEN);
});
