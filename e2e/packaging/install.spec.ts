// The page as an installable app, as a real Chromium judges it, and the files for that.

import { writeFile } from 'node:fs/promises';
import { type BrowserContext, type CDPSession, chromium } from '@playwright/test';
import { Program } from '../../testing/programs.ts';
import { expect, startBridge, test, WHOLE_BROWSER } from '../fixtures.ts';

const ANNA = { username: 'anna', password: 'Sesam öffne dich' };

/** The first bytes of every PNG (PNG Specification, 5.2). */
const PNG_SIGNATURE = '89504e470d0a1a0a';

for (const basePath of ['', '/motd']) {
  test(`a browser can install it at ${basePath}/`, WHOLE_BROWSER, async ({ server }) => {
    const { port } = await startBridge(server.port, 0, flagsFor(basePath));
    await inOwnProfile({}, async (session) => {
      const url = `http://127.0.0.1:${port}${basePath}/`;
      const manifest = await openAndReadManifest(session, url);
      expect(manifest).toMatchObject({ url: `${url}manifest.webmanifest`, errors: [] });
      const { installabilityErrors } = await session.send('Page.getInstallabilityErrors');
      expect(installabilityErrors).toEqual([]);
      expect(await session.send('Page.getAppId')).toMatchObject({ appId: url });
    });
  });
}

test('a browser gets the manifest even if a password is required', async ({ server }) => {
  const hash = Program.motd(['hash-password']).input(`${ANNA.password}\n`);
  expect(await hash.exitCode()).toBe(0);
  const users = test.info().outputPath('users');
  await writeFile(users, `${ANNA.username}:${hash.stdout}`);
  const { port } = await startBridge(server.port, 0, ['--users-file', users]);
  await inOwnProfile({ httpCredentials: ANNA }, async (session) => {
    const manifest = await openAndReadManifest(session, `http://127.0.0.1:${port}/`);
    expect(manifest.errors).toEqual([]);
    expect(JSON.parse(manifest.data ?? '')).toMatchObject({ short_name: 'MOTD' });
  });
});

test('serves each of its files with its type, below any path', async ({ server, request }) => {
  const { port } = await startBridge(server.port, 0, flagsFor('/motd'));
  const folder = `http://127.0.0.1:${port}/motd/`;
  const page = await (await request.get(folder)).text();
  const address = /<link rel="manifest" href="(.*?)" crossorigin="use-credentials"/.exec(page)?.[1];
  const response = await request.get(new URL(address ?? 'none', folder).href);
  expect(response.status()).toBe(200);
  expect(response.headers()).toMatchObject({
    'content-type': expect.stringMatching(/^application\/manifest\+json\b/),
    'cache-control': 'no-cache',
  });

  const { icons }: { icons: { src: string; sizes: string; type: string }[] } =
    await response.json();
  const apple = { src: 'apple-touch-icon.png', sizes: '180x180', type: 'image/png' };
  expect(page).toContain(`<link rel="apple-touch-icon" href="./${apple.src}"`);
  expect(icons).toHaveLength(4);
  for (const { src, sizes, type } of [...icons, apple]) {
    const icon = await request.get(new URL(src, response.url()).href);
    expect(icon.headers()).toMatchObject({ 'content-type': type, 'cache-control': 'no-cache' });
    if (type === 'image/png') expect(sizeOf(await icon.body())).toBe(sizes);
  }
});

function flagsFor(basePath: string): string[] {
  return basePath === '' ? [] : ['--base-path', basePath];
}

/**
 * Runs a check in a browser with a profile on disk: nothing can be installed in a private window.
 */
async function inOwnProfile(
  options: { httpCredentials?: typeof ANNA },
  use: (session: CDPSession) => Promise<void>,
): Promise<void> {
  const { launchOptions } = test.info().project.use;
  const context: BrowserContext = await chromium.launchPersistentContext('', {
    ...launchOptions,
    ...options,
  });
  try {
    await use(await context.newCDPSession(await context.newPage()));
  } finally {
    await context.close();
  }
}

async function openAndReadManifest(session: CDPSession, url: string) {
  await session.send('Page.enable');
  const loaded = new Promise((resolve) => session.once('Page.loadEventFired', resolve));
  await session.send('Page.navigate', { url });
  await loaded;
  return session.send('Page.getAppManifest');
}

/** A PNG's width and height, from its header. */
function sizeOf(png: Buffer): string {
  expect(png.subarray(0, 8).toString('hex')).toBe(PNG_SIGNATURE);
  return `${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`;
}
