// The page's files. All of them are read at the start, and have fixed addresses: a request opens no
// file and costs no descriptor, and there is no path to take apart that could lead elsewhere.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { negotiate } from '@fastify/accept-negotiator';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import mime from 'mime';
import { queryOf } from './requestTarget.ts';

/** What Vite names after its content: it never changes under that name. */
const HASHED = /^assets\/[^/]+-[\w-]{8}\.[^/]+$/;

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

/** No file of a build has any other character in its path; a route would take some for a pattern. */
const PATH = /^[\w.\-/]+$/;
const HIDDEN = /(?:^|\/)\./;

/** The compressed forms that may stand beside a file, the preferred one first. */
const ENCODINGS = { br: '.br', gzip: '.gz' } as const;

const INDEX = { config: { rules: { handsOutLogin: true } } } as const;

type Encoding = keyof typeof ENCODINGS;

interface Form {
  encoding?: Encoding;
  body: Buffer;
  /** Of the content, not of the date: a package may set all dates alike (RFC 9110, section 8.8.3). */
  etag: string;
}

interface PageFile {
  path: string;
  contentType: string;
  cacheControl: string;
  plain: Form;
  compressed: Form[];
}

/**
 * Serves the files of the built page, and its `index.html` at `/` below the base path; a browser
 * that takes brotli or gzip gets the .br or .gz file beside them, if there is one.
 *
 * @param pageDir The folder of the built page; an absolute path.
 * @param basePath The path the page is under: empty, or `/PATH`.
 * @throws Node's error if the folder or a file in it cannot be read.
 */
export function servePage(app: FastifyInstance, pageDir: string, basePath: string): void {
  for (const file of filesIn(pageDir)) {
    const handler = (request: FastifyRequest, reply: FastifyReply) => send(file, request, reply);
    if (file.path !== 'index.html') app.get(`${basePath}/${file.path}`, handler);
    else for (const path of ['', file.path]) app.get(`${basePath}/${path}`, INDEX, handler);
  }
  // A bare `option httpchk` of HAProxy asks for this.
  app.options(`${basePath}/`, { config: { rules: { needsNoPassword: true } } }, (_request, reply) =>
    reply.code(204).header('allow', 'GET, HEAD, OPTIONS').send(),
  );
  if (basePath === '') return;
  // The page's own addresses are relative: they need the slash. The query names the target.
  app.get(basePath, ({ raw }, reply) => reply.redirect(`${basePath}/${queryOf(raw.url)}`, 308));
}

/**
 * The hashes of the scripts in `index.html` itself, for the Content-Security-Policy.
 *
 * @throws Node's error if it cannot be read.
 */
export function inlineScriptHashes(pageDir: string): string[] {
  const html = readFileSync(join(pageDir, 'index.html'), 'utf8');
  return [...html.matchAll(/<script>(.*?)<\/script>/gs)].map(
    // A browser reads CRLF as LF (HTML, "Preprocessing the input stream").
    ([, script = '']) => `'sha256-${sha256(script.replaceAll('\r\n', '\n')).toString('base64')}'`,
  );
}

function filesIn(pageDir: string): PageFile[] {
  const all = readdirSync(pageDir, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    // A link to a file is one as well: some installations are made of them.
    .filter((file) => statSync(file).isFile())
    .map((file) => file.slice(pageDir.length + 1))
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => PATH.test(path) && !HIDDEN.test(path));
  const names = new Set(all);
  const isForm = (path: string) => Object.values(ENCODINGS).some((end) => path.endsWith(end));
  return all.filter((path) => !isForm(path)).map((path) => pageFile(pageDir, path, names));
}

function pageFile(pageDir: string, path: string, names: ReadonlySet<string>): PageFile {
  const type = mime.getType(path) ?? 'application/octet-stream';
  const encodings = (Object.keys(ENCODINGS) as Encoding[]).filter((encoding) =>
    names.has(path + ENCODINGS[encoding]),
  );
  return {
    path,
    contentType: /^text\/|javascript|json/.test(type) ? `${type}; charset=utf-8` : type,
    cacheControl: HASHED.test(path) ? FOR_EVER : ASK_EACH_TIME,
    plain: form(join(pageDir, path)),
    compressed: encodings.map((encoding) => ({
      ...form(join(pageDir, path + ENCODINGS[encoding])),
      encoding,
    })),
  };
}

function form(file: string): Form {
  const body = readFileSync(file);
  return { body, etag: `"${sha256(body).toString('base64url').slice(0, 22)}"` };
}

function sha256(content: string | Buffer): Buffer {
  return createHash('sha256').update(content).digest();
}

function send(file: PageFile, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { encoding, body, etag } = formFor(file, headers['accept-encoding']);
  reply.headers({ 'cache-control': file.cacheControl, etag });
  if (file.compressed.length > 0) reply.header('vary', 'accept-encoding');
  if (isCurrent(etag, headers['if-none-match'])) return reply.code(304).send();
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  return reply.type(file.contentType).send(body);
}

function formFor({ plain, compressed }: PageFile, accepted = ''): Form {
  const encodings = compressed.flatMap(({ encoding }) => encoding ?? []);
  const chosen = negotiate(accepted, encodings);
  return compressed.find(({ encoding }) => encoding === chosen) ?? plain;
}

/** Whether a browser has this very form (RFC 9110, section 13.1.2; compared weakly). */
function isCurrent(etag: string, known = ''): boolean {
  return known.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}
