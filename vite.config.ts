// Builds the page into dist/page, ready to be served as plain files: scripts that must run first
// are inlined into index.html, and every file that gets smaller has a .gz and a .br beside it.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  root: 'web',
  // Relative URLs, so that the page works under any path of a reverse proxy.
  base: './',
  // Files that keep their names: browsers revalidate them at each load, like the page itself. Files
  // that are imported get a hash in their names, and may be cached forever.
  publicDir: 'public',
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy allows no data: URLs (bridge/http/headers.ts).
    assetsInlineLimit: 0,
    // The polyfill is for modules loaded later, and there are none.
    modulePreload: { polyfill: false },
    // A slow plugin delays the build on a slow machine. The user of `npm start` cannot act on it.
    rolldownOptions: { checks: { pluginTimings: false } },
  },
  plugins: [inlineScripts('web/appearance/themeBoot.js', 'web/page/pathCheck.js'), precompress()],
});

/**
 * Inlines scripts that must run before everything else. Vite bundles only modules, which run too
 * late. The bridge allows the scripts by their hash (bridge/http/headers.ts).
 */
function inlineScripts(...files: string[]): Plugin {
  return {
    name: 'inline-scripts',
    apply: 'build',
    async transformIndexHtml(html) {
      const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      const script = sources.join('').replace(/^\s*\/\/.*\n/gm, '');
      return html.replace('<title>', (title) => `<script>\n${script}</script>\n    ${title}`);
    },
  };
}

/** Writes a .gz and a .br file beside each file of the page, if it is smaller. */
function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      const files = entries.filter((entry) => entry.isFile());
      await Promise.all(files.map(({ parentPath, name }) => compress(join(parentPath, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const content = await readFile(file);
  const gzipped = await promisify(gzip)(content, { level: constants.Z_BEST_COMPRESSION });
  const brotli = await promisify(brotliCompress)(content, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
    },
  });
  if (gzipped.length < content.length) await writeFile(`${file}.gz`, gzipped);
  if (brotli.length < content.length) await writeFile(`${file}.br`, brotli);
}
