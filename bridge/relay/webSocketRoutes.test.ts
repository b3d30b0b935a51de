import { describe, expect, test } from 'vitest';
import {
  pageOf,
  type RunningBridge,
  startBridge,
  startTarget,
  TestPeer,
} from '../bridge.harness.ts';

/** A bridge to two targets that send their names. */
async function start(basePath: string): Promise<RunningBridge> {
  const targets = {
    one: await startTarget((socket) => socket.end('one')),
    two: await startTarget((socket) => socket.end('two')),
  };
  return startBridge(targets, { basePath });
}

describe.each(['', '/motd', '/a/b'])('below the base path %j', (basePath) => {
  test.each([
    ['/ws', 'one'],
    ['/ws/', 'one'],
    ['/ws?x', 'one'],
    ['/ws/?x', 'one'],
    ['/ws/one', 'one'],
    ['/ws/one/', 'one'],
    ['/ws/two', 'two'],
    ['/ws/two/', 'two'],
    ['/ws/two/?target=one', 'two'],
  ])('%s reaches %s', async (path, name) => {
    const peer = new TestPeer(await start(basePath), `${basePath}${path}`);
    expect(await peer.closed()).toEqual({ code: 1000, reason: `${name} closed the connection` });
    expect(String(peer.received)).toBe(name);
  });

  test('answers GET and HEAD without an upgrade with 426, and names the upgrade', async () => {
    const bridge = await start(basePath);
    for (const path of ['/ws', '/ws/', '/ws/one', '/ws/one/', '/ws/two/', '/ws/two/?x']) {
      for (const method of ['GET', 'HEAD']) {
        const url = `${pageOf(bridge)}${basePath}${path}`;
        const response = await fetch(url, { method });
        expect(response.status, `${method} ${path}`).toBe(426);
        expect(response.headers.get('upgrade')).toBe('websocket');
        expect(await response.text()).toBe(
          method === 'GET' ? 'This path accepts WebSocket connections only.\n' : '',
        );
      }
    }
  });

  test('answers GET and HEAD of an unknown target with 404, with a slash too', async () => {
    const bridge = await start(basePath);
    for (const path of ['/ws/nobody', '/ws/nobody/', '/ws//', '/ws/one//', '/ws/one/two/']) {
      for (const method of ['GET', 'HEAD']) {
        const response = await fetch(`${pageOf(bridge)}${basePath}${path}`, { method });
        expect(response.status, `${method} ${path}`).toBe(404);
      }
    }
  });
});
