import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { responseHead } from '../../testing/rawHttp.ts';
import {
  deferred,
  type RunningBridge,
  startBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';

const HEADER = 'X-Remote-User';

function start(isTrusted = true, target = 1): Promise<RunningBridge> {
  return startBridge(
    { motd: target },
    {
      authHeader: HEADER,
      isTrustedProxy: (address) => isTrusted && address === '127.0.0.1',
      parseUserName: (bytes) => (bytes === '' || bytes === 'invalid' ? undefined : bytes),
      proxyVersion: 2,
    },
  );
}

/** @returns The status and the body. */
async function get({ port }: RunningBridge, path: string, headers: readonly string[] = []) {
  const socket = connect(port, '127.0.0.1');
  const lines = [`GET ${path} HTTP/1.1`, 'Host: 127.0.0.1', ...headers, 'Connection: close'];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const { head, rest } = await responseHead(socket);
  socket.destroy();
  return [Number(head.split(' ')[1]), head.includes('text/html') ? 'page' : String(rest)];
}

test('admits a user whom a trusted proxy names, and reports the name to the target', async () => {
  const received = deferred<Buffer>();
  const target = await startTarget((socket) => socket.once('data', received.resolve));
  const bridge = await start(true, target);
  expect(await get(bridge, '/', [`${HEADER}: anna`])).toEqual([200, 'page']);
  await new TestPeer(bridge, '/ws', { headers: { [HEADER]: 'anna' } }).opened();
  expect(String(await received.promise)).toContain('anna');
});

test('rejects every other peer, whatever it sends', async () => {
  const bridge = await start(false);
  const text = 'Rejected: the request did not come through a proxy in --trust-proxy.\n';
  expect(await get(bridge, '/', [`${HEADER}: anna`])).toEqual([403, text]);
  const forwarded = ['X-Forwarded-For: 127.0.0.1', `${HEADER}: anna`];
  expect(await get(bridge, '/', forwarded)).toEqual([403, text]);
  const peer = new TestPeer(bridge, '/ws', { headers: { [HEADER]: 'anna' } });
  expect(await peer.rejectionStatus()).toBe(403);
});

test('trusts the peer of the connection, not the client that the proxy names', async () => {
  const bridge = await start();
  const headers = ['X-Forwarded-For: 203.0.113.7', `${HEADER}: anna`];
  expect(await get(bridge, '/', headers)).toEqual([200, 'page']);
});

test.each([
  ['no header', [], `the proxy sent no ${HEADER} header`],
  ['another header', ['X-Remote_User: anna'], `the proxy sent no ${HEADER} header`],
  ['two headers', ['x-remote-user: a', `${HEADER}: b`], `the proxy sent several ${HEADER} headers`],
  [
    'an empty name',
    [`${HEADER}:`],
    `the name in the ${HEADER} header is empty, too long or not plain text`,
  ],
  [
    'an invalid name',
    [`${HEADER}: invalid`],
    `the name in the ${HEADER} header is empty, too long or not plain text`,
  ],
])('rejects %s of a trusted proxy', async (_what, headers, reason) => {
  expect(await get(await start(), '/', headers)).toEqual([403, `Rejected: ${reason}.\n`]);
});

test('needs no name for health checks, and counts what it rejects', async () => {
  const bridge = await start();
  expect(await get(bridge, '/healthz')).toEqual([200, 'ok\n']);
  await get(bridge, '/');
  await get(bridge, '/no-such-page');
  expect((await get(bridge, '/metrics'))[1]).toContain(
    'motd_bridge_rejections_total{reason="user"} 2\n',
  );
});
