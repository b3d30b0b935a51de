// Peers that send another protocol to the message server, above all a web page in a real browser:
// it can make the browser send any body to any port.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Page } from '@playwright/test';
import { Program } from '../../testing/programs.ts';
import { tlsFile } from '../../testing/tlsFile.ts';
import { test as base, expect, type ListeningProgram, QUICK, startServer } from '../fixtures.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const ATTACK = 'MSGSTORE\nowned\nSHUTDOWN\n123!abc\n';

// A server with default settings: it trusts no PROXY header.
const test = base.extend({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
  server: async ({}, use) => use(await startServer(0, ['--trust-proxy', 'none'])),
});

/** How a page sends the attack to a port, and which protocol the server detects. */
const ATTACKS: Record<
  string,
  { protocol: string; run: (page: Page, port: number) => Promise<unknown> }
> = {
  fetch: {
    protocol: 'HTTP',
    run: (page, port) =>
      page.evaluate(
        ([url, body]) => void fetch(url, { method: 'POST', mode: 'no-cors', body }).catch(() => {}),
        [`http://127.0.0.1:${port}/`, ATTACK] as const,
      ),
  },
  beacon: {
    protocol: 'HTTP',
    run: (page, port) =>
      page.evaluate(([url, body]) => navigator.sendBeacon(url, body), [
        `http://127.0.0.1:${port}/`,
        ATTACK,
      ] as const),
  },
  'a form in an iframe': {
    protocol: 'HTTP',
    run: (page, port) => submitForm(page, port, 'frame'),
  },
  'a top-level form': {
    protocol: 'HTTP',
    run: (page, port) => submitForm(page, port, '_top'),
  },
  'a WebSocket': {
    protocol: 'HTTP',
    run: (page, port) => page.evaluate((url) => void new WebSocket(url), `ws://127.0.0.1:${port}/`),
  },
  'a request over TLS': {
    protocol: 'TLS',
    run: (page, port) =>
      page.evaluate(
        (url) => void fetch(url, { mode: 'no-cors' }).catch(() => {}),
        `https://127.0.0.1:${port}/`,
      ),
  },
  'WebRTC over TCP': {
    protocol: 'STUN',
    run: (page, port) =>
      page.evaluate(async (urls) => {
        const peer = new RTCPeerConnection({
          iceServers: [{ urls, username: 'MSGGET\n', credential: 'x' }],
          iceTransportPolicy: 'relay',
        });
        peer.createDataChannel('x');
        await peer.setLocalDescription();
      }, `turn:127.0.0.1:${port}?transport=tcp`),
  },
};

/** A form's text/plain body is `NAME=VALUE` and CRLF (HTML, "plain text form data"). */
function submitForm(page: Page, port: number, target: string): Promise<void> {
  return page.evaluate(
    ([url, body, name]) => {
      const frame = document.createElement('iframe');
      frame.name = 'frame';
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', enctype: 'text/plain', action: url, target: name });
      const field = document.createElement('textarea');
      field.name = 'x';
      field.value = `\n${body}`;
      form.append(field);
      document.body.append(frame, form);
      form.submit();
    },
    [`http://127.0.0.1:${port}/`, ATTACK, target] as const,
  );
}

/** Opens a page of another origin. */
async function openEvilPage(page: Page): Promise<void> {
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>evil</title>');
  }).listen(0, '127.0.0.1');
  await once(site, 'listening');
  page.once('close', () => site.close());
  await page.goto(`http://127.0.0.1:${(site.address() as AddressInfo).port}/`);
}

async function expectUnharmed({ program, port }: ListeningProgram): Promise<void> {
  const get = Program.motd(['get', '127.0.0.1', String(port)]);
  expect(await get.exitCode(), get.stderr).toBe(0);
  expect(get.stdout).toBe(`${APPLE}\n`);
  await program.waitForOutput(/: MSGGET\n/);
  expect(program.stdout).not.toContain('MSGSTORE');
  expect(program.stdout).not.toContain('SHUTDOWN');
}

test.describe('a web page of another origin', () => {
  for (const [way, { protocol, run }] of Object.entries(ATTACKS)) {
    test(`blocks commands sent by ${way}`, QUICK, async ({ page, server }) => {
      await openEvilPage(page);
      await run(page, server.port);
      await server.program.waitForOutput(
        new RegExp(`\\[!\\] ${protocol} rejected: \\('127\\.0\\.0\\.1', \\d+\\)`),
      );
      await expectUnharmed(server);
    });
  }
});

/** Sends bytes in pieces. @returns Everything the server sent before it closed the connection. */
async function exchange(port: number, pieces: Iterable<string>): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => {});
  let received = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    received += text;
  });
  const closed = once(socket, 'close');
  for (const piece of pieces) {
    if (socket.writable) await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
  }
  await closed;
  return received;
}

const REQUEST = `POST / HTTP/1.1\r\nHost: x\r\n\r\n${ATTACK}`;

for (const [how, pieces] of [
  ['whole', [REQUEST]],
  ['byte by byte', REQUEST],
] as const) {
  test(`answers a request sent ${how} with one 400, and closes the connection`, async ({
    server,
  }) => {
    expect(await exchange(server.port, pieces)).toBe('400 UNKNOWN COMMAND\n');
    await expectUnharmed(server);
  });
}

test('answers any request of curl with one 400', QUICK, async ({ server }) => {
  test.skip(spawnSync('curl', ['--version']).status !== 0, 'no curl on this machine');
  const url = `http://127.0.0.1:${server.port}/`;
  for (const args of [
    ['-X', 'POST', '-H', 'Content-Type: text/plain', '--data-binary', ATTACK],
    ['-X', 'purge', '--data-binary', ATTACK],
    ['--request-target', `/${'x'.repeat(8000)}`, '--data-binary', ATTACK],
  ]) {
    const curl = new Program('curl', ['-sS', '--http0.9', '--max-time', '10', ...args, url]);
    await curl.exitCode();
    expect(curl.stdout).toBe('400 UNKNOWN COMMAND\n');
  }
  await expectUnharmed(server);
  expect(server.program.stdout.match(/\[!\] HTTP rejected/g)).toHaveLength(3);
});

test('rejects a request inside TLS like one without', async () => {
  const server = await startServer(0, ['--tls-cert', tlsFile('cert'), '--tls-key', tlsFile('key')]);
  const socket = connectTls({ host: '127.0.0.1', port: server.port, rejectUnauthorized: false });
  let received = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
  });
  socket.write(REQUEST);
  await once(socket, 'close');
  expect(received).toBe('400 UNKNOWN COMMAND\n');
});
