// What a browser loads for the first view of a page.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { Browser } from '@playwright/test';

export interface Weight {
  requests: number;
  gzipBytes: number;
}

export async function measureWeight(browser: Browser, port: number): Promise<Weight> {
  const page = await browser.newPage();
  const urls = new Set<string>();
  page.on('requestfinished', (one) => urls.add(one.url()));
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'networkidle' });
  // The icon and the manifest, which a headless browser does not load.
  const linked = await page.evaluate(() =>
    [...document.querySelectorAll('link')].map(({ href }) => href),
  );
  await page.close();
  const loaded = [...urls, ...linked].filter((url) => url.startsWith('http:'));
  let gzipBytes = 0;
  for (const url of new Set(loaded)) gzipBytes += await gzipSize(url);
  return { requests: new Set(loaded).size, gzipBytes };
}

/** The size of the response to a client that accepts gzip. */
async function gzipSize(url: string): Promise<number> {
  const requested = request(url, { headers: { 'accept-encoding': 'gzip' } }).end();
  const [response]: IncomingMessage[] = await once(requested, 'response');
  if (response?.statusCode !== 200) throw new Error(`${url}: ${response?.statusCode}`);
  return (await buffer(response)).length;
}
