// `npm run docs:site`: builds the documentation as a site, in dist/docs/ or in the folder given.
// `-- --serve` then serves it on this machine.

import { parseArgs } from 'node:util';
import { fail, prepare } from './prepare.mjs';

prepare();
const { serve, output } = optionsOf();
const { buildSite } = await import('../docs/site/build.mjs');
await buildSite(output).catch((error) => fail(error.message));
console.log(`The documentation is in ${output}/`);
if (serve) await preview();

function optionsOf() {
  const { values, positionals } = parseArgs({
    options: { serve: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [output = 'dist/docs'] = positionals;
  return { ...values, output };
}

async function preview() {
  const vite = await import('vite');
  const server = await vite.preview({
    configFile: false,
    appType: 'mpa',
    base: './',
    build: { outDir: output },
    preview: { host: '127.0.0.1' },
  });
  server.printUrls();
}
