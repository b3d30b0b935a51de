import { expect, onTestFinished, test, vi } from 'vitest';
import { proxyV2, userTlv } from '../../testing/proxyV2.ts';
import { type IdentifyOptions, identifyPeer } from './identifyPeer.ts';
import { socketPair } from './socketPair.harness.ts';

const SOCKET_PEER = { host: '127.0.0.1', port: 1 };
const HEADER = 'PROXY TCP4 192.0.2.7 198.51.100.1 56324 26310\r\n';
const NO_ADDRESSES = Buffer.alloc(0);
const CLIENT = { host: '192.0.2.7', port: 56324 };

/** A connection whose peer is a trusted proxy. */
async function identify(options: Partial<IdentifyOptions> = {}) {
  const { socket, peer: proxy } = await socketPair();
  const result = identifyPeer(socket, SOCKET_PEER, {
    trust: { isTrusted: true, key: undefined },
    mayKeepWaiting: () => true,
    onKeepWaiting: () => {},
    onWait: () => {},
    ...options,
  });
  return { proxy, socket, result };
}

test('returns the client of the header, and the bytes after it', async () => {
  const { proxy, socket, result } = await identify();
  for (const byte of HEADER) proxy.write(byte);
  proxy.write('MSGGET\n');
  const { bytes, ...identified } = { bytes: '', ...(await result) };
  expect(identified).toEqual({ is: 'identified', peer: CLIENT, hasInputEnded: false });
  expect('MSGGET\n'.startsWith(bytes)).toBe(true);
  expect(socket.isPaused()).toBe(true);
  expect(socket.listenerCount('data')).toBe(0);
});

test.each([
  ['of the client', {}, CLIENT],
  ['of the proxy, if the client is unknown', { family: 0, addresses: NO_ADDRESSES }, SOCKET_PEER],
])('returns the user beside the address %s', async (_whose, parts, address) => {
  const { proxy, result } = await identify();
  proxy.write(proxyV2({ ...parts, tlvs: [userTlv('Jürgen')] }));
  const { peer } = { peer: undefined, ...(await result) };
  expect(peer).toEqual({ ...address, user: 'Jürgen' });
});

test('ignores an invalid name of a user, and reports that', async () => {
  const { proxy, result } = await identify();
  proxy.write(proxyV2({ tlvs: [userTlv('\x1b[2J')] }));
  expect(await result).toMatchObject({ is: 'identified', peer: CLIENT, isUserIgnored: true });
});

test('returns the peer of the socket if there is no header', async () => {
  const { proxy, result } = await identify();
  proxy.write('MSGGET\n');
  expect(await result).toEqual({
    is: 'identified',
    peer: SOCKET_PEER,
    bytes: 'MSGGET\n',
    hasInputEnded: false,
  });
});

test('returns the peer of the socket at a half-close', async () => {
  const { proxy, result } = await identify();
  proxy.end('PRO');
  expect(await result).toEqual({
    is: 'identified',
    peer: SOCKET_PEER,
    bytes: 'PRO',
    hasInputEnded: true,
  });
});

test('returns the peer of the socket when the wait is ended', async () => {
  let end = () => {};
  const { result } = await identify({
    onWait: (stop) => {
      end = stop;
    },
  });
  end();
  expect(await result).toMatchObject({ is: 'identified', peer: SOCKET_PEER, bytes: '' });
});

test('rejects a malformed header', async () => {
  const { proxy, result } = await identify();
  proxy.write('PROXY TCP4 nonsense\r\n');
  expect(await result).toEqual({ is: 'rejected', reason: 'malformed' });
});

test('reports a silent peer at the timeout of the socket', async () => {
  const { socket, result } = await identify();
  socket.setTimeout(20);
  expect(await result).toEqual({ is: 'idle' });
});

test('reports a connection that closes before the first bytes', async () => {
  const { proxy, result } = await identify();
  proxy.resetAndDestroy();
  expect(await result).toEqual({ is: 'closed' });
});

test('stops waiting if mayKeepWaiting returns false', async () => {
  const mayKeepWaiting = vi.fn(() => false);
  const { result } = await identify({ mayKeepWaiting });
  expect(await result).toEqual({ is: 'quotaExceeded' });
  expect(mayKeepWaiting).toHaveBeenCalledOnce();
});

test('leaves no timer for an identified peer', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { proxy, result } = await identify();
  expect(vi.getTimerCount()).toBe(1);
  proxy.write('MSGGET\n');
  await result;
  expect(vi.getTimerCount()).toBe(0);
});
