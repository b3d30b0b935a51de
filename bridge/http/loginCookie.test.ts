import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { LoginTokens } from '../../access/loginTokens.ts';
import { type RunningBridge, startBridge, startTarget, TestPeer } from '../bridge.harness.ts';
import type { BridgeSettings } from '../bridge.ts';
import type { CheckPassword } from './basicAuth.ts';

const checkPassword: CheckPassword = async (_source, user, password) =>
  user === 'jörg' && password === 'geheim' ? 'right' : 'wrong';

const RIGHT = { authorization: `Basic ${Buffer.from('jörg:geheim').toString('base64')}` };
const WRONG = { authorization: `Basic ${Buffer.from('jörg:guess').toString('base64')}` };

async function guardedBridge(settings: Partial<BridgeSettings> = {}): Promise<RunningBridge> {
  const target = await startTarget((socket) => socket.end('hello'));
  return startBridge({ motd: target }, { checkPassword, logins: new LoginTokens(), ...settings });
}

interface CookieResponse {
  status: number | undefined;
  challenge: string | undefined;
  cookies: string[];
}

/** Sends a request; unlike fetch, with any `Host`. */
function get(
  { host, port }: RunningBridge,
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<CookieResponse> {
  return new Promise((resolve, reject) => {
    request({ host, port, path, headers, method, agent: false }, (response) => {
      response.resume();
      resolve({
        status: response.statusCode,
        challenge: response.headers['www-authenticate'],
        cookies: response.headers['set-cookie'] ?? [],
      });
    })
      .on('error', reject)
      .end();
  });
}

/** The `Cookie` header that a browser would send next. */
function cookieOf({ cookies }: CookieResponse): { cookie: string } {
  return { cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') };
}

async function upgradeStatus(
  bridge: RunningBridge,
  headers: Record<string, string>,
  path = '/ws',
): Promise<number> {
  const peer = new TestPeer(bridge, path, { headers });
  return Promise.race([peer.rejectionStatus(), peer.closed().then(() => 101)]);
}

test('sets a cookie that replaces the password in the page’s WebSocket handshake', async () => {
  const bridge = await guardedBridge();
  const page = await get(bridge, '/', RIGHT);
  expect(page.status).toBe(200);
  expect(page.cookies).toEqual([
    expect.stringMatching(
      new RegExp(
        `^motd-login-${bridge.port}=[\\w.-]+; Max-Age=600; Path=/; HttpOnly; SameSite=Strict$`,
      ),
    ),
    'motd-user=j%C3%B6rg; Max-Age=600; Path=/; SameSite=Strict',
  ]);
  expect(await upgradeStatus(bridge, cookieOf(page))).toBe(101);
  expect(await upgradeStatus(bridge, cookieOf(page), '/ws/motd')).toBe(101);
});

test('sets the cookie for a plain request to a target, which a page sends after a rejected handshake', async () => {
  const bridge = await guardedBridge();
  for (const method of ['GET', 'OPTIONS']) {
    const plain = await get(bridge, '/ws', RIGHT, method);
    expect(plain.status).toBe(426);
    expect(await upgradeStatus(bridge, cookieOf(plain))).toBe(101);
  }
});

test('sets no cookie with files that caches may store', async () => {
  const pageDir = await mkdtemp(join(tmpdir(), 'motd-page-'));
  onTestFinished(() => rm(pageDir, { recursive: true }));
  for (const name of ['index.html', 'icon.svg']) await writeFile(join(pageDir, name), '');
  const bridge = await guardedBridge({ pageDir });
  const { status, cookies } = await get(bridge, '/icon.svg', RIGHT);
  expect({ status, cookies }).toEqual({ status: 200, cookies: [] });
});

test.each([
  ['no password', {}],
  ['a wrong password', WRONG],
])('sets no cookie for %s', async (_what, headers) => {
  const bridge = await guardedBridge();
  for (const path of ['/', '/ws']) {
    expect(await get(bridge, path, headers)).toMatchObject({ status: 401, cookies: [] });
  }
});

test('accepts the cookie for a WebSocket only', async () => {
  const bridge = await guardedBridge();
  const cookie = cookieOf(await get(bridge, '/', RIGHT));
  for (const path of ['/', '/index.html', '/ws', '/nothing']) {
    expect((await get(bridge, path, cookie)).status).toBe(401);
  }
  // An upgrade of anything else is handled like any other request.
  for (const path of ['/', '/index.html', '/nothing']) {
    expect(await upgradeStatus(bridge, cookie, path)).toBe(401);
    expect(await upgradeStatus(bridge, RIGHT, path)).not.toBe(401);
  }
});

test('answers 404 for an unknown target to a logged-in user only', async () => {
  const bridge = await guardedBridge();
  const cookie = cookieOf(await get(bridge, '/', RIGHT));
  expect(await upgradeStatus(bridge, {}, '/ws/nobody')).toBe(401);
  expect(await upgradeStatus(bridge, cookie, '/ws/nobody')).toBe(404);
});

test('rejects a wrong password despite the cookie', async () => {
  const bridge = await guardedBridge();
  const cookie = cookieOf(await get(bridge, '/', RIGHT));
  expect(await upgradeStatus(bridge, { ...cookie, ...WRONG })).toBe(401);
});

test('rejects a page of another origin despite the cookie', async () => {
  const bridge = await guardedBridge();
  const cookie = cookieOf(await get(bridge, '/', RIGHT));
  expect(await upgradeStatus(bridge, { ...cookie, origin: 'https://evil.example' })).toBe(403);
});

test('rejects a cookie of another host or base path, a changed one, and a user name alone', async () => {
  const logins = new LoginTokens();
  const bridge = await guardedBridge({ logins });
  const name = `motd-login-${bridge.port}`;
  const host = `${bridge.host}:${bridge.port}`;
  for (const token of [
    logins.issue('jörg', `localhost:${bridge.port} `),
    logins.issue('jörg', `${host} /motd`),
    `${logins.issue('jörg', `${host} `)}x`,
    '',
  ]) {
    expect(await upgradeStatus(bridge, { cookie: `${name}=${token}` })).toBe(401);
  }
  expect(await upgradeStatus(bridge, { cookie: 'motd-user=j%C3%B6rg' })).toBe(401);
  const right = logins.issue('jörg', `${host} `);
  expect(await upgradeStatus(bridge, { cookie: `a=b; ${name}=${right}` })).toBe(101);
});

test.each([
  ['MOTD.example', 'motd-login'],
  ['motd.example.', 'motd-login'],
  // As sent by nginx with `proxy_set_header Host $host:$server_port`.
  ['motd.example:443', 'motd-login-443'],
])(
  'limits the cookie of %s to the base path, and to TLS if the page uses it',
  async (host, name) => {
    const bridge = await guardedBridge({
      basePath: '/motd',
      publicOrigins: ['https://motd.example'],
    });
    const { cookies } = await get(bridge, '/motd/', { ...RIGHT, host });
    expect(cookies).toEqual([
      expect.stringMatching(
        new RegExp(`^${name}=\\S+; Max-Age=600; Path=/motd/; HttpOnly; Secure; SameSite=Strict$`),
      ),
      expect.stringMatching(/; Path=\/motd\/; Secure; SameSite=Strict$/),
    ]);
  },
);

test('revokes and deletes the cookie at /logout, and makes the browser forget the password', async () => {
  const bridge = await guardedBridge();
  const cookie = cookieOf(await get(bridge, '/', RIGHT));
  const { status, challenge, cookies } = await get(bridge, '/logout', { ...RIGHT, ...cookie });
  expect({ status, challenge }).toEqual({
    status: 401,
    challenge: 'Basic realm="motd", charset="UTF-8"',
  });
  expect(cookies).toEqual([
    `motd-login-${bridge.port}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict`,
    'motd-user=; Max-Age=0; Path=/; SameSite=Strict',
  ]);
  expect(await upgradeStatus(bridge, cookie)).toBe(401);
});

test.each(['cross-site', 'same-site'])('rejects a %s request to /logout', async (site) => {
  const bridge = await guardedBridge();
  const cookie = cookieOf(await get(bridge, '/', RIGHT));
  const response = await get(bridge, '/logout', { ...cookie, 'sec-fetch-site': site });
  expect(response).toMatchObject({ status: 403, cookies: [] });
  expect(await upgradeStatus(bridge, cookie)).toBe(101);
});

test('sets no cookie and has no /logout without users', async () => {
  const target = await startTarget((socket) => socket.end('hello'));
  const bridge = await startBridge({ motd: target }, { logins: new LoginTokens() });
  expect(await get(bridge, '/')).toMatchObject({ status: 200, cookies: [] });
  expect((await get(bridge, '/logout')).status).toBe(404);
});
