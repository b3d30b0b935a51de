// The bridge behind real reverse proxies, nginx and HAProxy, with the configurations that
// docs/internet.md gives.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Page } from '@playwright/test';
import { type ClientOptions, WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import {
  expect,
  type ListeningProgram,
  PageTerminal,
  PROMPT,
  QUICK,
  startBridge,
  startServer,
  test,
} from '../fixtures.ts';
import { haproxy, nginx, type ProxySettings, type ReverseProxy, startProxy } from '../proxies.ts';

const APPLE = 'An apple a day keeps the doctor away.';

/** Linux has all of 127.0.0.0/8 on its loopback interface; other systems have one address. */
const isLinux = process.platform === 'linux';
const CLIENT = '127.0.0.2';
const FORGED = '192.0.2.66';

/** In seconds; a ping a second is well below it. */
const IDLE_TIMEOUT = 3;

interface ProxiedBridge {
  server: ListeningProgram;
  bridgePort: number;
  port: number;
}

interface ProxyOptions extends Partial<ProxySettings> {
  /** Replaces the bridge's flags of docs/internet.md. */
  flags?: (origin: string) => string[];
}

/** Starts a server, a bridge in front of it, and a proxy in front of the bridge. */
async function start(
  proxy: ReverseProxy,
  { flags, ...settings }: ProxyOptions = {},
): Promise<ProxiedBridge> {
  const server = await startServer();
  const port = await freePort();
  const origin = `${settings.usesTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  const chosen = flags?.(origin) ?? [...BASE, ...trusting(origin)];
  const bridge = await startBridge(server.port, 0, chosen);
  await startProxy(proxy, { port, bridgePort: bridge.port, ...settings });
  return { server, bridgePort: bridge.port, port };
}

const BASE = ['--base-path', '/motd'];
const trusting = (origin: string) => ['--public-origin', origin, '--trust-proxy', '127.0.0.1'];

/** A client of the proxy. Like a program, it sends no Origin by default. */
function connectThrough({ port }: ProxiedBridge, options: ClientOptions = {}): WebSocket {
  return new WebSocket(`ws://127.0.0.1:${port}/motd/ws`, options);
}

/** The status of the response to a handshake: 101 if it is accepted. */
async function statusOf(webSocket: WebSocket): Promise<number | undefined> {
  webSocket.on('error', () => {});
  const answered = new Promise<IncomingMessage>((resolve) => {
    webSocket.on('upgrade', resolve);
    webSocket.on('unexpected-response', (_request, response) => resolve(response));
  });
  const { statusCode } = await answered;
  webSocket.terminate();
  return statusCode;
}

/** Sends MSGGET and QUIT. @returns Everything that is received. */
async function conversation(webSocket: WebSocket): Promise<string> {
  if (webSocket.readyState !== WebSocket.OPEN) await once(webSocket, 'open');
  webSocket.send('MSGGET\nQUIT\n');
  let received = '';
  webSocket.on('message', (data) => {
    received += String(data);
  });
  await once(webSocket, 'close');
  return received;
}

/** Requests a URL from another loopback address. */
async function get(url: string, localAddress: string): Promise<[number | undefined, string]> {
  const sent = request(url, { localAddress, agent: false }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  return [response?.statusCode, response === undefined ? '' : await text(response)];
}

/**
 * Opens the page without the slash at the end of its path, and holds a conversation. @returns The
 * paths that were loaded.
 */
async function openPage(page: Page, origin: string): Promise<string[]> {
  const consoleErrors: string[] = [];
  const loaded: string[] = [];
  page.on('console', (message) => consoleErrors.push(message.text()));
  page.on('pageerror', (error) => consoleErrors.push(String(error)));
  page.on('response', (response) => {
    if (response.ok()) loaded.push(response.url().replace(origin, ''));
  });
  const socket = page.waitForEvent('websocket');
  await page.goto(`${origin}/motd`);
  expect(page.url()).toBe(`${origin}/motd/`);
  expect((await socket).url()).toBe(`${origin.replace('http', 'ws')}/motd/ws?notices`);
  const terminal = new PageTerminal(page);
  await terminal.expectText(PROMPT);
  await terminal.type('MSGGET');
  await terminal.expectText(`Client: MSGGET\nServer: 200 OK\n${APPLE}\n${PROMPT}`);
  expect(consoleErrors).toEqual([]);
  return loaded;
}

for (const proxy of [nginx, haproxy]) {
  test.describe(`behind ${proxy.name}`, () => {
    test.skip(
      proxy.command === '' && process.env['CI'] === undefined,
      `no ${proxy.name} on this machine`,
    );

    // The longest test starts first.
    test('keeps an idle session open with pings; without them the proxy closes it', async () => {
      const pinging = (origin: string) => [...BASE, ...trusting(origin), '--ping-interval', '1'];
      const [kept, left] = await Promise.all([
        start(proxy, { idleTimeout: IDLE_TIMEOUT, flags: pinging }),
        start(proxy, { idleTimeout: IDLE_TIMEOUT }),
      ]);
      const client = connectThrough(kept);
      const closed = once(connectThrough(left), 'close');
      for (let pings = 0; pings < 2 * IDLE_TIMEOUT; pings++) await once(client, 'ping');
      expect(await conversation(client)).toBe(`200 OK\n${APPLE}\n200 OK\n`);
      const [code] = await closed;
      expect(code).toBe(1006);
      await left.server.program.waitForOutput(/\[-\] Connection closed with/);
    });

    test(
      'serves the page, its assets and its WebSocket below the base path',
      QUICK,
      async ({ page }) => {
        const { port } = await start(proxy);
        const loaded = await openPage(page, `http://127.0.0.1:${port}`);
        const [first, ...others] = loaded;
        expect(first).toBe('/motd/');
        expect(others.length).toBeGreaterThanOrEqual(2);
        for (const path of others) expect(path).toMatch(/^\/motd\/assets\/[^/]+$/);
      },
    );

    test('serves them even if the proxy strips the base path', async ({ page }) => {
      const { port } = await start(proxy, { stripsBasePath: true, flags: trusting });
      const [first, ...others] = await openPage(page, `http://127.0.0.1:${port}`);
      expect(first).toBe('/motd/');
      for (const path of others) expect(path).toMatch(/^\/motd\/assets\/[^/]+$/);
    });

    test('keeps the query when it redirects to the base path with a slash', async ({ page }) => {
      const other = await startServer();
      const flags = (origin: string) => [
        ...['--target', `other=127.0.0.1:${other.port}+proxy`, ...BASE],
        ...trusting(origin),
      ];
      const { port } = await start(proxy, { flags });
      const origin = `http://127.0.0.1:${port}`;
      const socket = page.waitForEvent('websocket');
      await page.goto(`${origin}/motd?target=other&as=motd`);
      expect(page.url()).toBe(`${origin}/motd/?target=other&as=motd`);
      expect((await socket).url()).toBe(`ws://127.0.0.1:${port}/motd/ws/other?notices`);
      await new PageTerminal(page).expectText(PROMPT);
    });

    for (const stripsBasePath of [false, true]) {
      const what = stripsBasePath ? 'stripped' : 'passed on';
      test(`reaches the same target with a slash at the end, or 426 without an upgrade, if the base path is ${what}`, async () => {
        const other = await startServer(0, ['--message', 'Other']);
        const flags = (origin: string) => [
          ...['--target', `other=127.0.0.1:${other.port}+proxy+subprotocol=v1.other`],
          ...(stripsBasePath ? [] : BASE),
          ...trusting(origin),
        ];
        const { port } = await start(proxy, { stripsBasePath, flags });
        for (const [path, message, subprotocol] of [
          ['/motd/ws', APPLE, 'binary'],
          ['/motd/ws/', APPLE, 'binary'],
          ['/motd/ws/motd/', APPLE, 'binary'],
          ['/motd/ws/other', 'Other', 'v1.other'],
          ['/motd/ws/other/', 'Other', 'v1.other'],
        ] as const) {
          const url = `127.0.0.1:${port}${path}`;
          const webSocket = new WebSocket(`ws://${url}`, ['binary', 'v1.other']);
          expect(await conversation(webSocket), path).toBe(`200 OK\n${message}\n200 OK\n`);
          expect(webSocket.protocol).toBe(subprotocol);
          for (const method of ['GET', 'HEAD'])
            expect((await fetch(`http://${url}`, { method })).status, path).toBe(426);
        }
      });
    }

    test.describe('that terminates TLS', () => {
      test.use({ ignoreHTTPSErrors: true });

      test('serves the page over https and wss, under a public name', async ({ page }) => {
        // `.localhost` names are resolved without a name server (RFC 6761, section 6.3).
        const named = (origin: string) => origin.replace('127.0.0.1', 'motd.localhost');
        const flags = (origin: string) => [...BASE, ...trusting(named(origin))];
        const { port } = await start(proxy, { usesTls: true, flags });
        await openPage(page, `https://motd.localhost:${port}`);
      });
    });

    test("reports the client's address, not one that the client claims", QUICK, async () => {
      test.skip(!isLinux, 'needs a second loopback address');
      const proxied = await start(proxy);
      for (const headers of [{}, { 'X-Forwarded-For': FORGED }]) {
        const client = connectThrough(proxied, { localAddress: CLIENT, headers });
        expect(await conversation(client)).toBe(`200 OK\n${APPLE}\n200 OK\n`);
      }
      const { program } = proxied.server;
      await program.waitForOutput(/(Connection closed[\s\S]*){2}/);
      const connected = program.stdout.match(/Connected by .*/g);
      expect(connected).toEqual(Array(2).fill(`Connected by ('${CLIENT}', 0)`));
    });

    test("reports the client's address if the proxy adds the port", async () => {
      test.skip(!isLinux, 'needs a second loopback address');
      const proxied = await start(proxy, { writesClientPort: true });
      const client = connectThrough(proxied, { localAddress: CLIENT });
      expect(await conversation(client)).toBe(`200 OK\n${APPLE}\n200 OK\n`);
      await proxied.server.program.waitForOutput(/^Connected by \('127\.0\.0\.2', 0\)$/m);
    });

    test("reports the proxy's address if the bridge does not trust the proxy", async () => {
      test.skip(!isLinux, 'needs a second loopback address');
      const untrusting = (origin: string) => [...BASE, '--public-origin', origin];
      const proxied = await start(proxy, { flags: untrusting });
      await conversation(connectThrough(proxied, { localAddress: CLIENT }));
      const { program } = proxied.server;
      await program.waitForOutput(
        /Connected by \('127\.0\.0\.1', [1-9]\d*\)\n[\s\S]*Connection closed/,
      );
      expect(program.stdout).not.toContain(CLIENT);
    });

    test("serves /metrics to allowed sources only, if the proxy forwards the client's address", async () => {
      test.skip(!isLinux, 'needs a second loopback address');
      const flags = (origin: string) => [...BASE, ...trusting(origin), '--metrics-from', CLIENT];
      const { port } = await start(proxy, { flags });
      const url = `http://127.0.0.1:${port}/motd/metrics`;
      expect(await get(url, CLIENT)).toEqual([200, expect.stringContaining('motd_bridge_')]);
      expect(await get(url, '127.0.0.3')).toEqual([403, expect.stringContaining('Rejected')]);
      const silent = await start(proxy, { hidesClientAddress: true });
      const [status] = await get(`http://127.0.0.1:${silent.port}/motd/metrics`, CLIENT);
      expect(status).toBe(200);
    });

    for (const host of ['passed', 'rewritten'] as const) {
      test(`rejects pages of other origins with 403, and accepts its own: Host is ${host}`, async () => {
        const proxied = await start(proxy, { host });
        const from = (origin: string) => statusOf(connectThrough(proxied, { origin }));
        expect(await from(`http://127.0.0.1:${proxied.port}`)).toBe(101);
        expect(await from('http://other.example')).toBe(403);
        expect(await from('http://127.0.0.1:1')).toBe(403);
        expect(await from(`http://localhost:${proxied.port}`)).toBe(403);
        expect(await from('null')).toBe(403);
        const webSocket = connectThrough(proxied, { headers: { host: 'other.example' } });
        expect(await statusOf(webSocket)).toBe(host === 'passed' ? 403 : 101);
      });
    }

    test('shows the flag that the operator has to add for a rejected page', async ({ page }) => {
      const flags = () => [...BASE, '--trust-proxy', '127.0.0.1'];
      const { port } = await start(proxy, { host: 'rewritten', flags });
      const origin = `http://127.0.0.1:${port}`;
      await page.goto(`${origin}/motd/`);
      const advice = `thebridgerejectspagesfrom${origin}:restartitwith--public-origin${origin}`;
      await expect.poll(() => new PageTerminal(page).flow()).toContain(advice);
    });

    test('rejects its own page with 403, unless its origin is configured or Host shows it', async () => {
      const flags = () => [...BASE, '--trust-proxy', '127.0.0.1'];
      for (const [host, status] of [
        ['rewritten', 403],
        ['passed', 101],
      ] as const) {
        const proxied = await start(proxy, { host, flags });
        const origin = `http://127.0.0.1:${proxied.port}`;
        expect(await statusOf(connectThrough(proxied, { origin }))).toBe(status);
      }
    });
  });
}
