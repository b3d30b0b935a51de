// Builds the page into dist/page, ready to be served as plain files: the script that must run first
// is inlined into index.html, and every file that gets smaller has a .gz and a .br beside it.

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { gzipAsync } from '@gfx/zopfli';
import { build, defineConfig, type Plugin } from 'vite';
import { thirdPartyNotices } from './cli/thirdPartyNotices.mjs';

const TARGET = 'es2022';

/**
 * Zopfli's .gz files are 4 % smaller than those of zlib. The default of 15 iterations saves another
 * 0.05 %, and takes twice as long.
 */
const ZOPFLI_ITERATIONS = 3;

/** The pages, and the script of each that must run before everything else. */
const FIRST_SCRIPTS: Readonly<Record<string, string>> = {
  'index.html': 'web/page/boot.ts',
  'targets.html': 'web/targets/boot.ts',
};

/** A further one in the pages that `npm run dev` builds, with the mode "development". */
const RELOAD_SCRIPT = 'web/page/reloadOnChange.ts';

export default defineConfig(({ mode }) => ({
  root: 'web',
  // Relative URLs, so that the page works under any path of a reverse proxy.
  base: './',
  // Files that keep their names: browsers revalidate them at each load, like the page itself. Files
  // that are imported get a hash in their names, and may be cached forever.
  publicDir: 'public',
  build: {
    outDir: '../dist/page',
    emptyOutDir: true,
    target: TARGET,
    // The Content-Security-Policy allows no data: URLs (bridge/http/headers.ts).
    assetsInlineLimit: 0,
    // A module that is loaded later imports only what the page has loaded before.
    modulePreload: false,
    // A slow plugin delays the build on a slow machine. The user of `npm start` cannot act on it.
    rolldownOptions: {
      checks: { pluginTimings: false },
      input: Object.keys(FIRST_SCRIPTS).map((page) => `web/${page}`),
    },
  },
  plugins: [
    plainImports(),
    thirdPartyNotices(),
    ...(mode === 'development' ? [inlineScripts(RELOAD_SCRIPT)] : [inlineScripts(), precompress()]),
  ],
}));

/**
 * Vite wraps each `import()` in a helper that preloads style sheets and modules. There are none
 * (`modulePreload`, and styles are imported as text), so the helper would only make the page larger.
 */
function plainImports(): Plugin {
  return {
    name: 'plain-imports',
    enforce: 'pre',
    load: {
      filter: { id: /^\0vite\/preload-helper\.js$/ },
      handler: () => 'export const __vitePreload = (load) => load();',
    },
  };
}

/**
 * Removes comments and indentation, and inlines the first script of each page, and more. Other
 * scripts are modules, which run too late. The bridge allows each by its hash
 * (bridge/http/headers.ts).
 */
function inlineScripts(...more: string[]): Plugin {
  return {
    name: 'inline-scripts',
    apply: 'build',
    async transformIndexHtml(html, { path }) {
      const files = [FIRST_SCRIPTS[path.slice(1)] ?? '', ...more];
      const scripts = await Promise.all(files.map(bundle));
      return html
        .replace(/<!--.*?-->/gs, '')
        .replace(/^\s+/gm, '')
        .replace('<title>', (title) =>
          [...scripts.map((script) => `<script>${script}</script>`), title].join('\n'),
        );
    },
  };
}

/** @returns The code of a module and of all that it imports, as a classic script. */
async function bundle(input: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: TARGET,
      rolldownOptions: { input, output: { format: 'iife' } },
    },
  });
  if (!('output' in built)) throw new Error(`${input} was not built once`);
  return built.output[0].code.trim();
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
  const gzipped = await gzipAsync(content, { numiterations: ZOPFLI_ITERATIONS });
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
