// The rules that the order of the phases protects (bridge.ts).

import { connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LoginTokens } from '../access/loginTokens.ts';
import type { PasswordResult } from '../access/passwordResult.pure.ts';
import { upgradeRequest } from '../testing/rawWebSocket.ts';
import {
  echo,
  limitedTo,
  type RunningBridge,
  startBridge,
  startEchoBridge,
  startTarget,
  TestPeer,
} from './bridge.harness.ts';
import type { BridgeSettings } from './bridge.ts';

/** `user:right`, in Base64. */
const RIGHT = 'Authorization: Basic dXNlcjpyaWdodA==\r\n';
const WRONG = 'Authorization: Basic dXNlcjp3cm9uZw==\r\n';
const FOREIGN_HOST = { host: 'evil.example' };
const FOREIGN_ORIGIN = 'Origin: http://evil.example\r\n';

/** A bridge with a user, and how often it has checked a password. */
async function startWithPassword(settings: Partial<BridgeSettings> = {}) {
  let checks = 0;
  const checkPassword = async (_address: string, _user: string, password: string) => {
    checks++;
    const result: PasswordResult = password === 'right' ? 'right' : 'wrong';
    return result;
  };
  const users = { checkPassword, logins: new LoginTokens() };
  const bridge = await startBridge({ motd: await startTarget(echo) }, { ...users, ...settings });
  return { bridge, checks: () => checks };
}

function connectTo({ port }: RunningBridge): Socket {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function openSession(bridge: RunningBridge): Promise<TestPeer> {
  const headers = { authorization: 'Basic dXNlcjpyaWdodA==' };
  const peer = new TestPeer(bridge, '/ws', { headers });
  await peer.opened();
  return peer;
}

/**
 * Requests an upgrade that is not accepted.
 *
 * @returns The response, once the bridge has closed the connection.
 */
async function rejectedUpgrade(
  bridge: RunningBridge,
  path: string,
  headers = '',
  { host = 'localhost' } = {},
): Promise<string> {
  const socket = connectTo(bridge);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write(upgradeRequest(path, { Host: host }).replace(/\r\n$/, `${headers}\r\n`));
  let response = '';
  socket.on('data', (chunk) => {
    response += chunk;
    // Only an accepted upgrade stays open.
    if (response.startsWith('HTTP/1.1 101 ')) socket.destroy();
  });
  await closed;
  return response;
}

const statusOf = (response: string) => Number(response.split(' ', 2)[1]);

describe('an upgrade of the page or an admin route', () => {
  test.each([
    ['/', 200],
    ['/index.html', 200],
    ['/healthz', 200],
    ['/readyz/', 200],
    ['/metrics', 200],
    ['/logout', 401],
  ])('is not accepted: %s responds with %s, and closes the connection', async (path, status) => {
    const { bridge } = await startWithPassword();
    expect(statusOf(await rejectedUpgrade(bridge, path, RIGHT))).toBe(status);
  });
});

describe('a rejected upgrade gets its status, and its connection is closed', () => {
  test.each([
    ['of an unknown target', '/ws/other', RIGHT, {}, 404],
    ['of a foreign host', '/ws', RIGHT, FOREIGN_HOST, 403],
    ['of a foreign page', '/ws', `${RIGHT}${FOREIGN_ORIGIN}`, {}, 403],
    ['without the password', '/ws', '', {}, 401],
    ['of an unknown target, without the password', '/ws/other', '', {}, 401],
    ['with too many headers', '/ws', 'X-A: b\r\n'.repeat(100), {}, 431],
  ])('%s', async (_which, path, headers, host, status) => {
    const { bridge } = await startWithPassword();
    const response = await rejectedUpgrade(bridge, path, headers, host);
    expect(statusOf(response)).toBe(status);
    // Every rejection has the headers of the first phase.
    expect(response).toMatch(/^content-security-policy: default-src 'none';/im);
    expect(response).toMatch(/^cache-control: no-store/im);
  });

  test('over the quota', async () => {
    const limits = limitedTo(1);
    const bridge = await startEchoBridge({ limits });
    await new TestPeer(bridge).opened();
    expect(statusOf(await rejectedUpgrade(bridge, '/ws'))).toBe(503);
  });
});

describe('guards run before handlers', () => {
  test('a foreign host gets neither the page nor a check of its password', async () => {
    const { bridge, checks } = await startWithPassword();
    for (const path of ['/', '/metrics', '/logout', '/elsewhere', '/ws']) {
      const response = await rejectedUpgrade(bridge, path, WRONG, FOREIGN_HOST);
      expect(statusOf(response)).toBe(403);
    }
    expect(checks()).toBe(0);
  });

  test('without the password, no request learns which origins and targets exist, or uses a quota', async () => {
    const limits = limitedTo(1);
    const { bridge } = await startWithPassword({ limits });
    for (const headers of ['', WRONG, FOREIGN_ORIGIN, `${WRONG}${FOREIGN_ORIGIN}`]) {
      for (const path of ['/', '/ws', '/ws/other']) {
        expect(statusOf(await rejectedUpgrade(bridge, path, headers))).toBe(401);
      }
    }
    await openSession(bridge);
  });

  test('an upgrade does not count as an unanswered request', async () => {
    // As many as a source may have, on few connections, which have a quota of their own.
    const requests = [...Array.from({ length: 10 }, () => 10), 1];
    let unanswered = 0;
    const bridge = await startEchoBridge({
      limits: limitedTo(1),
      checkPassword: async (_address, _user, password) => {
        if (password === 'right') return 'right';
        unanswered++;
        return new Promise(() => {});
      },
    });
    await openSession(bridge);
    const get = `GET / HTTP/1.1\r\nHost: localhost\r\n${WRONG}\r\n`;
    for (const count of requests) connectTo(bridge).write(get.repeat(count));
    await expect.poll(() => unanswered).toBe(101);
  });
});

test('sessions get their close frame before connections are destroyed', async () => {
  const { bridge } = await startWithPassword();
  const peer = await openSession(bridge);
  const closed = peer.closed();
  await bridge.app.close();
  expect(await closed).toMatchObject({ code: 1001 });
});
