// The size of the page: everything that a browser loads for the first view.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Page, Request } from '@playwright/test';
import { record } from '../../testing/record.ts';
import { expect, PageTerminal, QUICK, test } from '../fixtures.ts';

const PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN):';

/** 115 KB of 1,000 bytes each. ttyd's page has 194 KB. */
const MAX_GZIP_BYTES = 115_000;

/** What the browser loads for the first view, and nothing else. */
const FIRST_VIEW = [
  /^\/$/,
  /^\/assets\/index-[\w-]+\.js$/,
  /^\/assets\/index-[\w-]+\.css$/,
  /^\/assets\/icon-[\w-]+\.svg$/,
  /^\/apple-touch-icon\.png$/,
  /^\/manifest\.webmanifest$/,
];

test(
  'the first view loads six files: at most 115 KB with gzip, and less with brotli',
  QUICK,
  async ({ page, bridge }) => {
    const origin = `http://127.0.0.1:${bridge.port}`;
    const finished: Request[] = [];
    page.on('requestfinished', (one) => finished.push(one));
    // Files that are loaded right after the prompt belong to the first view, too.
    await page.goto(`${origin}/`, { waitUntil: 'networkidle' });
    await new PageTerminal(page).expectText(PROMPT);
    const loaded = new Map<string, number>();
    for (const one of finished) loaded.set(one.url(), (await one.sizes()).responseBodySize);

    const all = new Set([...loaded.keys(), ...(await linkedFiles(page))]);
    const names = [...all].map((url) => url.replace(origin, ''));
    for (const file of FIRST_VIEW) expect(names).toContainEqual(expect.stringMatching(file));
    expect(names, 'nothing else').toHaveLength(FIRST_VIEW.length);
    const gzip = new Map<string, number>();
    const brotli = new Map<string, number>();
    for (const url of all) {
      gzip.set(url, await bodySize(url, 'gzip'));
      brotli.set(url, await bodySize(url, 'br'));
    }
    // Exactly what this browser got.
    for (const [url, size] of loaded) expect(size, url).toBe(brotli.get(url));

    const [gzipBytes, brotliBytes] = [sum(gzip), sum(brotli)];
    record(
      'the first view of the page',
      `${all.size} files: ${kilobytes(gzipBytes)} with gzip, ${kilobytes(brotliBytes)} with brotli`,
    );
    expect(gzipBytes, breakdown(gzip)).toBeLessThanOrEqual(MAX_GZIP_BYTES);
    expect(brotliBytes, breakdown(brotli)).toBeLessThan(gzipBytes);
  },
);

/** The icon and the manifest, which a headless browser does not load. */
function linkedFiles(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll('link')].map(({ href }) => href).filter((href) => href !== ''),
  );
}

/** The size of a response on the network, for a client that accepts this encoding. */
async function bodySize(url: string, encoding: string): Promise<number> {
  const requested = request(url, { headers: { 'accept-encoding': encoding } }).end();
  const [response]: IncomingMessage[] = await once(requested, 'response');
  if (response?.statusCode !== 200) throw new Error(`${url}: ${response?.statusCode}`);
  // A file that would not become smaller is sent as it is.
  expect([encoding, undefined], url).toContain(response.headers['content-encoding']);
  return (await buffer(response)).length;
}

function sum(sizes: ReadonlyMap<string, number>): number {
  return [...sizes.values()].reduce((total, size) => total + size, 0);
}

function breakdown(sizes: ReadonlyMap<string, number>): string {
  return [...sizes].map(([url, size]) => `${new URL(url).pathname} ${size}`).join(', ');
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} KB`;
}
