import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  root: 'web',
  // Relative addresses: the page works under any path a reverse proxy puts it.
  base: './',
  // What keeps its name, because it is found by it: a browser asks for it each time, as for the
  // page itself. What a browser may keep for ever is imported, and gets a hash in its name.
  publicDir: 'public',
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy has no data: addresses (bridge/http/headers.ts).
    assetsInlineLimit: 0,
    // It is for modules loaded later, and there are none.
    modulePreload: { polyfill: false },
  },
  plugins: [inlined('web/appearance/themeBoot.js', 'web/page/addressCheck.js'), compressed()],
});

/**
 * Puts the scripts that run before anything else into index.html: a module, which is all that Vite
 * bundles, comes too late. The bridge allows them by their hash (bridge/http/headers.ts).
 */
function inlined(...files: string[]): Plugin {
  return {
    name: 'inlined',
    apply: 'build',
    async transformIndexHtml(html) {
      const sources = await Promise.all(files.map((file) => readFile(file, 'utf8')));
      const script = sources.join('').replace(/^\s*\/\/.*\n/gm, '');
      return html.replace('<title>', (title) => `<script>\n${script}</script>\n    ${title}`);
    },
  };
}

/** Puts a .gz and a .br file beside each one of the page, where that is smaller. */
function compressed(): Plugin {
  return {
    name: 'compressed',
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
