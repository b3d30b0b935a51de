// Serves the page's files. They are all read at the start, and each gets its own route. A request
// therefore opens no file and needs no descriptor, and there is no path traversal.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { negotiate } from '@fastify/accept-negotiator';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import mime from 'mime';
import type { TargetList } from '../relay/targetList.ts';
import { queryOf } from './requestTarget.ts';
import { queryForTarget } from './targetPage.ts';

/** Files that Vite names after their content: a file of that name never changes. */
const HASHED = /^assets\/[^/]+-[\w-]{8}\.[^/]+$/;

const CACHE_FOREVER = 'public, max-age=31536000, immutable';
const REVALIDATE = 'no-cache';

/**
 * A build has no other characters in its paths. A route would interpret some of those as a pattern.
 */
const PATH = /^[\w.\-/]+$/;
const HIDDEN = /(?:^|\/)\./;

/** The suffixes of compressed variants of a file, in order of preference. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

const INDEX_ROUTE = { config: { rules: { setsLoginCookie: true } } } as const;

type Encoding = keyof typeof ENCODINGS;

export interface PageOptions {
  /** The folder of the built page; an absolute path. */
  pageDir: string;
  /** The prefix of all paths: empty, or `/PATH`. */
  basePath: string;
  targets: TargetList;
}

interface Variant {
  encoding?: Encoding;
  body: Buffer;
  /**
   * From the content, not from the date: packages may set all dates alike (RFC 9110, section
   * 8.8.3).
   */
  etag: string;
}

interface PageFile {
  path: string;
  contentType: string;
  cacheControl: string;
  plain: Variant;
  compressed: Variant[];
}

/**
 * Serves the files of the built page, and its `index.html` at `/` below the base path. A browser
 * that accepts brotli or gzip gets the .br or .gz variant of a file, if there is one.
 *
 * @throws Node's error if the folder or a file in it cannot be read.
 */
export function servePage(app: FastifyInstance, { pageDir, basePath, targets }: PageOptions): void {
  for (const file of filesIn(pageDir)) {
    if (file.path === 'index.html') serveIndex(app, basePath, file, targets);
    else if (file.path === 'targets.html') servePicker(app, basePath, file);
    else {
      app.get(`${basePath}/${file.path}`, (request, reply) => sendFile(file, request, reply));
    }
  }
  // The default request of HAProxy's `option httpchk`.
  app.options(`${basePath}/`, { config: { rules: { needsNoPassword: true } } }, (_request, reply) =>
    reply.code(204).header('allow', 'GET, HEAD, OPTIONS').send(),
  );
  if (basePath === '') return;
  // The page's URLs are relative, and need the trailing slash. The query names the target.
  app.get(basePath, ({ raw }, reply) => reply.redirect(`${basePath}/${queryOf(raw.url)}`, 308));
}

function serveIndex(
  app: FastifyInstance,
  basePath: string,
  file: PageFile,
  targets: TargetList,
): void {
  const handler = (request: FastifyRequest, reply: FastifyReply) => {
    const query = queryForTarget(request.raw.url, targets);
    return query === undefined ? sendFile(file, request, reply) : reply.redirect(query);
  };
  for (const path of ['', file.path]) app.get(`${basePath}/${path}`, INDEX_ROUTE, handler);
}

/** The page to choose a target. Its URLs are relative to a path without a slash at its end. */
function servePicker(app: FastifyInstance, basePath: string, file: PageFile): void {
  app.get(`${basePath}/targets`, INDEX_ROUTE, (request, reply) => sendFile(file, request, reply));
  app.get(`${basePath}/targets/`, (_request, reply) => reply.redirect('../targets', 308));
}

/**
 * The hashes of the inline scripts in the HTML files, for the Content-Security-Policy.
 *
 * @throws Node's error if it cannot be read.
 */
export function inlineScriptHashes(pageDir: string): string[] {
  const html = readdirSync(pageDir)
    .filter((name) => name.endsWith('.html'))
    .map((name) => readFileSync(join(pageDir, name), 'utf8'))
    .join('');
  return [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(
    // A browser normalizes CRLF to LF (HTML, "Preprocessing the input stream").
    ([, script = '']) => `'sha256-${sha256(script.replaceAll('\r\n', '\n')).toString('base64')}'`,
  );
}

function filesIn(pageDir: string): PageFile[] {
  const all = readdirSync(pageDir, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    // Some installations consist of symbolic links, which statSync follows.
    .filter((file) => statSync(file).isFile())
    .map((file) => file.slice(pageDir.length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => PATH.test(path) && !HIDDEN.test(path));
  const names = new Set(all);
  const isVariant = (path: string) => Object.values(ENCODINGS).some((end) => path.endsWith(end));
  return all.filter((path) => !isVariant(path)).map((path) => pageFile(pageDir, path, names));
}

function pageFile(pageDir: string, path: string, names: ReadonlySet<string>): PageFile {
  const type = mime.getType(path) ?? 'application/octet-stream';
  const encodings = (Object.keys(ENCODINGS) as Encoding[]).filter((encoding) =>
    names.has(path + ENCODINGS[encoding]),
  );
  return {
    path,
    contentType: /^text\/|javascript|json/.test(type) ? `${type}; charset=utf-8` : type,
    cacheControl: HASHED.test(path) ? CACHE_FOREVER : REVALIDATE,
    plain: variant(join(pageDir, path)),
    compressed: encodings.map((encoding) => ({
      ...variant(join(pageDir, path + ENCODINGS[encoding])),
      encoding,
    })),
  };
}

function variant(file: string): Variant {
  const body = readFileSync(file);
  return { body, etag: `"${sha256(body).toString('base64url').slice(0, 22)}"` };
}

function sha256(content: string | Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

function sendFile(file: PageFile, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { encoding, body, etag } = negotiateVariant(file, headers['accept-encoding']);
  reply.headers({ 'cache-control': file.cacheControl, etag });
  if (file.compressed.length > 0) reply.header('vary', 'accept-encoding');
  if (isCurrent(etag, headers['if-none-match'])) return reply.code(304).send();
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.contentType).send(body);
}

function negotiateVariant({ plain, compressed }: PageFile, accepted = ''): Variant {
  const encodings = compressed.flatMap(({ encoding }) => encoding ?? []);
  const chosen = negotiate(accepted, encodings);
  return compressed.find(({ encoding }) => encoding === chosen) ?? plain;
}

/** Whether a browser has this variant cached (RFC 9110, section 13.1.2; weak comparison). */
function isCurrent(etag: string, known = ''): boolean {
  return known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
