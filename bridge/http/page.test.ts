import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listeningEndpoint } from '../../access/endpoint.ts';
import { getRequest, responseTo } from '../../testing/rawHttp.ts';
import { TargetList } from '../relay/targetList.ts';
import { setHeaders } from './headers.ts';
import { inlineScriptHashes, servePage } from './page.ts';

const PAGE = '<!doctype html><title>page</title>';
const SCRIPT = 'console.log("the script of the page");\n'.repeat(20);
const SCRIPT_PATH = '/assets/index-Dru-_lWi.js';
const SECRET = 'not part of the page';

const TARGETS = new TargetList([
  { name: 'motd', address: { host: '127.0.0.1', port: 1 } },
  { name: 'old', address: { path: '/old' }, isOriginal: true },
]);

const CACHE_FOREVER = 'public, max-age=31536000, immutable';

/** A folder with a page as Vite builds it, and with files that must not be served. */
let folder: string;
let pageDir: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'motd-page-'));
  pageDir = join(folder, 'page');
  await mkdir(join(pageDir, 'assets', '.hidden'), { recursive: true });
  const files: Record<string, string | Buffer> = {
    'secret.txt': SECRET,
    'page/index.html': PAGE,
    'page/index.html.br': brotliCompressSync(PAGE),
    [`page${SCRIPT_PATH}`]: SCRIPT,
    [`page${SCRIPT_PATH}.br`]: brotliCompressSync(SCRIPT),
    [`page${SCRIPT_PATH}.gz`]: gzipSync(SCRIPT),
    'page/assets/icon-DVHDczkT.svg': '<svg/>',
    'page/assets/plain.css': 'a{}',
    'page/robots.txt': 'Disallow: /',
    'page/.env': SECRET,
    'page/assets/.hidden/secret.txt': SECRET,
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return () => rm(folder, { recursive: true });
});

async function startPage(): Promise<number> {
  const app = Fastify();
  setHeaders(app, { scriptHashes: inlineScriptHashes(pageDir), frameOrigins: [] });
  servePage(app, { pageDir, basePath: '', targets: TARGETS });
  onTestFinished(() => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  return listeningEndpoint(app.server).port;
}

interface PageResponse {
  status: number | undefined;
  headers: IncomingMessage['headers'];
  body: Buffer;
}

async function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<PageResponse> {
  const port = await startPage();
  const sent = request({ host: '127.0.0.1', port, path, headers, method }).end();
  const [response]: IncomingMessage[] = await once(sent, 'response');
  if (response === undefined) throw new Error('no response');
  return { status: response.statusCode, headers: response.headers, body: await buffer(response) };
}

describe('serves the variant that a browser accepts', () => {
  const unchanged = (body: Buffer): Buffer => body;
  test.each([
    ['br', 'gzip, deflate, br, zstd', 'br', brotliDecompressSync],
    ['br', 'br', 'br', brotliDecompressSync],
    ['gzip', 'gzip, deflate', 'gzip', gunzipSync],
    ['gzip', 'br;q=0, gzip', 'gzip', gunzipSync],
    ['gzip', 'br;q=0.1, gzip;q=0.8', 'gzip', gunzipSync],
    ['the uncompressed file', 'zstd', undefined, unchanged],
    ['the uncompressed file', 'identity', undefined, unchanged],
    ['the uncompressed file', '', undefined, unchanged],
    ['the uncompressed file', 'br;q=0', undefined, unchanged],
  ])('%s for “%s”', async (_variant, accepted, encoding, unpack) => {
    const { status, headers, body } = await get(SCRIPT_PATH, { 'accept-encoding': accepted });
    expect(status).toBe(200);
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(headers['content-length']).toBe(String(body.length));
    expect(headers.vary).toBe('accept-encoding');
    expect(unpack(body).toString()).toBe(SCRIPT);
  });

  test('the uncompressed file without Accept-Encoding', async () => {
    const { headers, body } = await get(SCRIPT_PATH);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers.vary).toBe('accept-encoding');
    expect(body.toString()).toBe(SCRIPT);
  });

  test('the page in brotli, at / too', async () => {
    for (const path of ['/', '/index.html']) {
      const { headers, body } = await get(path, { 'accept-encoding': 'gzip, br' });
      expect(headers).toMatchObject({
        'content-encoding': 'br',
        'content-type': 'text/html; charset=utf-8',
      });
      expect(brotliDecompressSync(body).toString()).toBe(PAGE);
    }
  });

  test('an uncompressed file without variants', async () => {
    const { status, headers, body } = await get('/assets/icon-DVHDczkT.svg', {
      'accept-encoding': 'gzip, br',
    });
    expect(status).toBe(200);
    expect(headers).not.toHaveProperty('content-encoding');
    expect(headers['content-type']).toContain('image/svg+xml');
    expect(body.toString()).toBe('<svg/>');
  });
});

describe('sets the caching of a response', () => {
  test.each([
    [SCRIPT_PATH, 200, CACHE_FOREVER],
    ['/assets/icon-DVHDczkT.svg', 200, CACHE_FOREVER],
    ['/assets/plain.css', 200, 'no-cache'],
    ['/robots.txt', 200, 'no-cache'],
    ['/', 200, 'no-cache'],
    ['/index.html', 200, 'no-cache'],
    ['/assets/index-00000000.js', 404, 'no-store'],
    ['/elsewhere', 404, 'no-store'],
  ])('%s: %i, %s', async (path, status, cacheControl) => {
    for (const accepted of ['identity', 'br']) {
      const response = await get(path, { 'accept-encoding': accepted });
      expect(response.status).toBe(status);
      expect(response.headers['cache-control']).toBe(cacheControl);
    }
  });

  test('by an ETag per variant', async () => {
    for (const accepted of ['identity', 'gzip', 'br']) {
      const accept = { 'accept-encoding': accepted };
      const { headers } = await get(SCRIPT_PATH, accept);
      const { etag = '' } = headers;
      const again = await get(SCRIPT_PATH, { ...accept, 'if-none-match': `"x", W/${etag}` });
      expect(again).toMatchObject({ status: 304, body: Buffer.of() });
      expect(again.headers).toMatchObject({ etag, vary: 'accept-encoding' });
      const other = await get(SCRIPT_PATH, { 'accept-encoding': 'zstd', 'if-none-match': etag });
      expect(other.status).toBe(accepted === 'identity' ? 304 : 200);
    }
  });

  test('without a date, because a package may set all dates alike', async () => {
    const { headers } = await get('/');
    expect(headers).not.toHaveProperty('last-modified');
    const since = { 'if-modified-since': new Date().toUTCString() };
    expect((await get('/', since)).body.toString()).toBe(PAGE);
  });
});

test('answers HEAD like GET, without the body', async () => {
  for (const path of ['/', SCRIPT_PATH]) {
    const accepted = { 'accept-encoding': 'br' };
    const { date: _, ...expected } = (await get(path, accepted)).headers;
    const { status, headers, body } = await get(path, accepted, 'HEAD');
    expect(status).toBe(200);
    expect(headers).toMatchObject(expected);
    expect(body.length).toBe(0);
  }
  expect(await get('/elsewhere', {}, 'HEAD')).toMatchObject({ status: 404, body: Buffer.of() });
});

test('redirects the page of an original server to its own address, and caches nothing', async () => {
  const { status, headers } = await get('/?target=old', {}, 'HEAD');
  expect(status).toBe(302);
  expect(headers.location).toBe('?target=old&as=original');
  expect(headers['cache-control']).toBe('no-store');
  for (const path of ['/?target=old&as=original', '/?target=motd', '/?target=none', '/']) {
    expect((await get(path)).status, path).toBe(200);
  }
});

test('lists no folder', async () => {
  for (const path of ['/assets', '/assets/', '/assets/.hidden/']) {
    expect((await get(path)).status).toBe(404);
  }
});

test.each([
  '/../secret.txt',
  '/assets/../../secret.txt',
  '/assets/../robots.txt',
  '/%2e%2e/secret.txt',
  '/%2E%2E%2fsecret.txt',
  '/..%2fsecret.txt',
  '/assets/..%2f..%2fsecret.txt',
  '/assets%2f..%2f..%2fsecret.txt',
  '/%252e%252e/secret.txt',
  '/..\\secret.txt',
  '/..%5csecret.txt',
  '/assets\\..\\..\\secret.txt',
  '//secret.txt',
  '/./../secret.txt',
  '/....//secret.txt',
  '/robots.txt/../../secret.txt',
  '/secret.txt%00.html',
  '/index.html%00',
  '/index.html\0',
  '/%00',
  '/%c0%ae%c0%ae/secret.txt',
  '/%',
  '/.env',
  '/%2eenv',
  '/assets/.hidden/secret.txt',
  '/index.html/',
  '/INDEX.HTML',
  `${SCRIPT_PATH}.br`,
  `${SCRIPT_PATH}.gz`,
  '/index.html.br',
  'http://localhost/../secret.txt',
  '../secret.txt',
])('serves nothing at %s', async (requestTarget) => {
  const response = await responseTo(await startPage(), getRequest(requestTarget));
  expect(response).toMatch(/^HTTP\/1\.1 40[04] /);
  expect(response).not.toContain(SECRET);
});

test('sends the security headers with every response', async () => {
  for (const path of ['/', SCRIPT_PATH, '/elsewhere']) {
    const { headers } = await get(path);
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('strict-transport-security');
    const policy = headers['content-security-policy'];
    expect(policy?.toString().split(';').toSorted()).toEqual([
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self'",
      "manifest-src 'self'",
      "require-trusted-types-for 'script'",
      "script-src 'self'",
      "style-src 'self'",
      "trusted-types 'none'",
    ]);
  }
});

test.each([
  ['cross-site', 'same-origin'],
  ['same-site', 'same-origin'],
  ['same-origin', 'same-origin'],
  ['none', undefined],
])('answers a %s request with the opener policy %s', async (site, policy) => {
  const { headers } = await get('/', { 'sec-fetch-site': site });
  expect(headers['cross-origin-opener-policy']).toBe(policy);
});
