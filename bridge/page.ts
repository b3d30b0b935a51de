// The page's files. Only those that are there at the start have an address: there is no path to
// take apart, and so none that could lead elsewhere.

import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

/** What Vite names after its content: it never changes under that name. */
const HASHED = /[\\/]assets[\\/][^\\/]+-[\w-]{8}\.[^\\/]+$/;

const FOR_EVER = 'public, max-age=31536000, immutable';
const ASK_EACH_TIME = 'no-cache';

/**
 * Serves the files of the built page, and its `index.html` at `/` below the base path; a browser
 * that takes brotli or gzip gets the .br or .gz file beside them, where there is one.
 *
 * @param pageDir The folder of the built page; an absolute path.
 * @param basePath The path the page is under: empty, or `/PATH`.
 */
export async function servePage(
  app: FastifyInstance,
  pageDir: string,
  basePath: string,
): Promise<void> {
  await app.register(fastifyStatic, {
    root: pageDir,
    prefix: `${basePath}/`,
    wildcard: false,
    globIgnore: ['**/*.br', '**/*.gz'],
    preCompressed: true,
    cacheControl: false,
    // A tag or a date would be made of the file's date and size. A package may set all dates alike,
    // and the hashes in index.html are as long in every version: the browser would keep an old one.
    etag: false,
    lastModified: false,
    acceptRanges: false,
    setHeaders: (reply, path) => {
      reply.header('cache-control', HASHED.test(path) ? FOR_EVER : ASK_EACH_TIME);
    },
  });
  // The page's own addresses are relative: they need the slash.
  if (basePath !== '') app.get(basePath, (_request, reply) => reply.redirect(`${basePath}/`, 308));
}
