import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

export default defineConfig({
  root: 'web',
  // Relative addresses: the page works under any path a reverse proxy puts it.
  base: './',
  // What lay there would come without a hash in its name, and could not be kept for ever.
  publicDir: false,
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // The Content-Security-Policy has no data: addresses (bridge/headers.ts).
    assetsInlineLimit: 0,
    // It is for modules loaded later, and there are none.
    modulePreload: { polyfill: false },
  },
  plugins: [compressed()],
});

/** Puts a .gz and a .br file beside each one of the page, where that is smaller. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir = '' }, files) {
      await Promise.all(Object.keys(files).map((name) => compress(join(dir, name))));
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
