// Health checks and scrapers with their default settings: HAProxy's `option httpchk`, and requests
// under the name that a container has in its network.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { getRequest, statusOf } from '../../testing/rawHttp.ts';
import { haproxyCommand } from '../balancer.ts';
import { expect, QUICK, startBridge, test } from '../fixtures.ts';

/** Starts a message server that answers health checks. @returns The port for them. */
async function startServe(): Promise<number> {
  const flags = ['--port', '0', '--health-port', `${await freePort()}`];
  const program = Program.motd(['serve', ...flags]);
  await program.waitForOutput(/listening on/);
  return Number(flags.at(-1));
}

test('passes every kind of HAProxy health check', async ({ bridge }) => {
  test.skip(haproxyCommand === '' && process.env['CI'] === undefined, 'no HAProxy here');
  const statsPort = await freePort();
  const checks = {
    bare: [bridge.port, ['option httpchk']],
    uri: [bridge.port, ['option httpchk /readyz']],
    get: [bridge.port, ['option httpchk GET /readyz']],
    head: [bridge.port, ['option httpchk HEAD /healthz']],
    named: [
      bridge.port,
      ['option httpchk', 'http-check send meth GET uri /healthz ver HTTP/1.1 hdr Host bridge:8080'],
    ],
    // This one must fail, which proves that the checks are real.
    forbidden: [
      bridge.port,
      ['option httpchk', 'http-check send meth GET uri /metrics ver HTTP/1.1 hdr Host bridge:8080'],
    ],
    serve: [await startServe(), ['option httpchk GET /readyz']],
  } as const;
  const file = test.info().outputPath('haproxy.cfg');
  const backends = Object.entries(checks).map(([name, [port, lines]]) =>
    [`backend ${name}`, ...lines, `server one 127.0.0.1:${port} check inter 100ms`].join('\n    '),
  );
  const stats = `frontend stats\n    bind 127.0.0.1:${statsPort}\n    stats enable\n    stats uri /stats`;
  // Without a timeout of its own, a check has to be answered before the next one is due.
  const timeouts = ['connect', 'client', 'server', 'check'].map(
    (which) => `    timeout ${which} 5s`,
  );
  writeFileSync(
    file,
    `${['defaults', '    mode http', ...timeouts, stats, ...backends].join('\n')}\n`,
  );
  const haproxy = new Program(haproxyCommand, ['-db', '-f', file]);
  const statuses = async () => {
    const response = await fetch(`http://127.0.0.1:${statsPort}/stats;csv`).catch(() => undefined);
    return Object.fromEntries(checkStatuses((await response?.text()) ?? ''));
  };
  await expect.poll(statuses, { message: haproxy.stderr }).toEqual({
    ...Object.fromEntries(Object.keys(checks).map((name) => [name, 'L7OK/200'])),
    bare: 'L7OK/204',
    forbidden: 'L7STS/403',
  });
});

/** The result of each backend's last check, from HAProxy's statistics. */
function checkStatuses(csv: string): [string, string][] {
  const [header = '', ...lines] = csv.split('\n');
  const columns = header.replace(/^# /, '').split(',');
  const cell = (line: string[], column: string) => line[columns.indexOf(column)] ?? '';
  return lines
    .map((line) => line.split(','))
    .filter((line) => cell(line, 'svname') === 'one')
    .map((line) => [
      cell(line, 'pxname'),
      `${cell(line, 'check_status').replace('* ', '')}/${cell(line, 'check_code')}`,
    ]);
}

test(
  'answers a health check under any Host; the page, its WebSocket and /metrics need one of its own',
  QUICK,
  async ({ bridge }) => {
    const statusFor = (request: string) => statusOf(bridge.port, request);
    for (const path of ['/healthz', '/readyz']) {
      expect(await statusFor(`GET ${path} HTTP/1.0\r\n\r\n`)).toBe(200);
      expect(await statusFor(getRequest(path, 'bridge:8080'))).toBe(200);
      // HTTP/1.1 requires a Host (RFC 9112, section 3.2).
      expect(await statusFor(`GET ${path} HTTP/1.1\r\nConnection: close\r\n\r\n`)).toBe(400);
    }
    for (const path of ['/', '/ws', '/metrics', '/index.html']) {
      expect(await statusFor(getRequest(path, 'bridge:8080')), path).toBe(403);
    }
  },
);

test('ignores a slash at the end of a path, and applies the same rules', async ({ server }) => {
  const bridge = await startBridge(server.port);
  const statusFor = (path: string, host = '127.0.0.1') =>
    statusOf(bridge.port, getRequest(path, host));
  for (const path of ['/healthz/', '/readyz/', '/metrics/'])
    expect(await statusFor(path), path).toBe(200);
  for (const path of ['/ws/', '/ws/motd/']) {
    const webSocket = new WebSocket(`ws://127.0.0.1:${bridge.port}${path}`);
    await once(webSocket, 'open');
    webSocket.send('MSGGET\n');
    const [reply] = await once(webSocket, 'message');
    expect(String(reply)).toMatch(/^200 OK\n/);
    webSocket.terminate();
  }
  expect(await statusFor('/ws//')).toBe(404);
  expect(await statusFor('/metrics/', 'evil.example')).toBe(403);
  expect(await statusFor('/ws/', 'evil.example')).toBe(403);
  const closed = await startBridge(server.port, 0, ['--metrics-from', 'none']);
  expect(await statusOf(closed.port, getRequest('/metrics/', '127.0.0.1'))).toBe(403);
});

test('serves /metrics under a name of --public-origin, to an allowed source', async ({
  server,
}) => {
  const flags = ['--public-origin', 'http://bridge:8080'];
  const open = await startBridge(server.port, 0, flags);
  expect(await statusOf(open.port, getRequest('/metrics', 'bridge:8080'))).toBe(200);
  expect(await statusOf(open.port, getRequest('/metrics', 'evil.example'))).toBe(403);
  expect(await statusOf(open.port, 'GET /metrics HTTP/1.0\r\n\r\n')).toBe(200);
  const closed = await startBridge(server.port, 0, [...flags, '--metrics-from', 'none']);
  expect(await statusOf(closed.port, getRequest('/metrics', 'bridge:8080'))).toBe(403);
  expect(await statusOf(closed.port, 'GET /metrics HTTP/1.0\r\n\r\n')).toBe(403);
});
