// The page behind a proxy that strips a prefix, and forwards less than the page needs.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../testing/freePort.ts';
import { expect, PageTerminal, QUICK, test } from '../fixtures.ts';
import { minimalNginxConf, nginx, startProxy } from '../proxies.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

test.skip(nginx.command === '' && process.env['CI'] === undefined, 'no nginx on this machine');

/** Starts nginx with these locations, in which `BRIDGE` is the bridge. @returns Its origin. */
async function startNginx(bridgePort: number, locations: string): Promise<string> {
  const port = await freePort();
  const server = `
    map $http_upgrade $connection_upgrade { default upgrade; '' close; }
    server {
      listen 127.0.0.1:${port};
      proxy_http_version 1.1;
      proxy_set_header Host $host:$server_port;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      ${locations.replaceAll('BRIDGE', `http://127.0.0.1:${bridgePort}`)}
    }`;
  const configure = async (_settings: unknown, folder: string) => {
    const file = join(folder, 'nginx.conf');
    await writeFile(file, minimalNginxConf(server, folder));
    return ['-e', 'stderr', '-p', folder, '-c', file];
  };
  await startProxy({ ...nginx, configure }, { port, bridgePort });
  return `http://127.0.0.1:${port}`;
}

test('adds the slash after the prefix, and keeps the query', QUICK, async ({ page, bridge }) => {
  const origin = await startNginx(
    bridge.port,
    'location = /devbox { proxy_pass BRIDGE/; } location /devbox/ { proxy_pass BRIDGE/; }',
  );
  const socket = page.waitForEvent('websocket');
  await page.goto(`${origin}/devbox?target=motd&as=motd#x`);
  await page.waitForURL(`${origin}/devbox/?target=motd&as=motd#x`);
  expect((await socket).url()).toBe(`${origin.replace('http', 'ws')}/devbox/ws/motd?notices`);
  await new PageTerminal(page).expectText(PROMPT);
  // The URL without the slash is not an entry in the browser's history.
  expect(await page.evaluate(() => history.length)).toBeLessThanOrEqual(2);
});

test('does not reload forever if the proxy removes the slash', async ({ page, bridge }) => {
  const origin = await startNginx(
    bridge.port,
    'location = /devbox { proxy_pass BRIDGE/; } location = /devbox/ { return 301 /devbox; }',
  );
  // Loading again does not help, and does not loop either.
  for (const load of [() => page.goto(`${origin}/devbox`), () => page.reload()]) {
    const sent: string[] = [];
    page.on('request', (request) => request.isNavigationRequest() && sent.push(request.url()));
    await load().catch(() => {});
    await expect(page.locator('body')).toHaveText(/everything below \/devbox\/ must reach/);
    expect(page.url()).toBe(`${origin}/devbox`);
    expect(sent.length).toBeLessThanOrEqual(4);
    page.removeAllListeners('request');
  }
});

test('explains what to configure if requests for its files do not reach the bridge', async ({
  page,
  bridge,
}) => {
  const origin = await startNginx(
    bridge.port,
    'location = /devbox/ { proxy_pass BRIDGE/; } location = /devbox/ws { proxy_pass BRIDGE/ws; }',
  );
  await page.goto(`${origin}/devbox/`);
  await expect(page.locator('body')).toHaveText(
    /^This page is incomplete: \/devbox\/assets\/\S+ could not be loaded\.Reload the page\. .*everything below \/devbox\/ must reach the bridge\. .*--base-path \/devbox\.$/,
  );
});

test('explains what to configure if its WebSocket does not reach the bridge', async ({
  page,
  bridge,
}) => {
  const origin = await startNginx(
    bridge.port,
    'location /devbox/ { proxy_pass BRIDGE/; } location /devbox/ws { return 404; }',
  );
  await page.goto(`${origin}/devbox/`);
  await expect(page.locator('#status')).toHaveText(
    'not connected: /devbox/ws does not reach the bridge: its operator must configure the proxy to ' +
      'forward this path, too (with --base-path on the bridge, if the proxy keeps the prefix)',
  );
});
