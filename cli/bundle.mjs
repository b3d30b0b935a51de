// Bundles the compiled `motd` command and its packages: dist/node -> dist/cli. Node then reads a few
// files instead of hundreds, and starts without its loader for ES modules, which takes a fifth of
// its start. Each command, and each store, is a file of its own, loaded when it is used.
//
// `npm run dev` bundles the sources as they are: bundle.mjs . FOLDER

import { chmodSync, copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { thirdPartyNotices } from './thirdPartyNotices.mjs';

const [FROM = 'dist/node', TO = 'dist/cli'] = process.argv.slice(2);

/** The program reads it from beside the module that uses it. */
const ETCD_API = 'server/stores/etcd/etcd.proto';

/** The page of `/board`, in one file: its style and its script are inline. */
const BOARD = 'feed/board/board';

process.chdir(join(import.meta.dirname, '..'));
await build({
  // The main modules of processes. The code that starts them has their names.
  input: {
    motd: `./${FROM}/cli/main`,
    passStdout: `./${FROM}/cli/passStdout`,
    lmdbReader: `./${FROM}/server/stores/file/lmdbReader`,
  },
  platform: 'node',
  // Native packages.
  external: ['bufferutil', 'fs-native-extensions', 'lmdb', 'utf-8-validate'],
  plugins: [thirdPartyNotices()],
  output: {
    dir: TO,
    format: 'cjs',
    cleanDir: true,
    // Names stay, for the stack trace of a bug.
    minify: { compress: true, mangle: false },
    comments: { legal: false },
  },
});
copyFileSync('cli/checkNode.cjs', join(TO, 'checkNode.cjs'));
copyFileSync('cli/main.cjs', join(TO, 'main.js'));
// For `npm link`, whose link stays when the program is built again.
chmodSync(join(TO, 'main.js'), 0o755);
// The package `open` runs it from beside its own module.
copyFileSync('node_modules/open/xdg-open', join(TO, 'xdg-open'));
writeFileSync(join(TO, 'package.json'), '{ "type": "commonjs" }\n');
copyFileSync(ETCD_API, join(TO, 'etcd.proto'));
if (FROM !== '.') copyFileSync(ETCD_API, join(FROM, ETCD_API));
writeFileSync(join(TO, 'board.html'), await boardPage());

async function boardPage() {
  const { output } = await build({
    input: `${BOARD}.ts`,
    write: false,
    output: { format: 'iife', minify: true },
  });
  const style = readFileSync(`${BOARD}.css`, 'utf8');
  return readFileSync(`${BOARD}.html`, 'utf8')
    .replace('<style></style>', () => `<style>\n${style}</style>`)
    .replace('<script></script>', () => `<script>${output[0].code.trim()}</script>`);
}
