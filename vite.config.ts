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
    // The Content-Security-Policy has no data: addresses (bridge/headers.ts).
    assetsInlineLimit: 0,
    // It is for modules loaded later, and there are none.
    modulePreload: { polyfill: false },
  },
  plugins: [early(), compressed()],
});

/**
 * Has web/early.js run before anything is painted: a module, which is all that Vite bundles, comes
 * too late.
 */
function early(): Plugin {
  return {
    name: 'early',
    apply: 'build',
    async buildStart() {
      const source = await readFile('web/early.js');
      this.emitFile({ type: 'asset', name: 'early.js', source });
    },
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle = {} }) {
        const [src] = Object.keys(bundle).filter((name) => /\bearly-[\w-]+\.js$/.test(name));
        if (src === undefined) throw new Error('early.js is not in the bundle');
        return [{ tag: 'script', attrs: { src: `./${src}` }, injectTo: 'head-prepend' }];
      },
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
