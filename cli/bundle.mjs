// Bundles the compiled `motd` command and its packages: dist/node -> dist/cli. Node then reads a few
// files instead of hundreds, and starts without its loader for ES modules, which takes a fifth of
// its start. `motd get` is one file; each other command, and each store, is loaded when it is used.
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

/** What `motd get` loads: one file, because it runs at each login. */
const GET = /\bcli[\\/](?:main|definitions[\\/]clientCommands|commands[\\/]oneshot)\.[jt]s$/;

process.chdir(join(import.meta.dirname, '..'));
await bundle(
  { motd: `./${FROM}/cli/main` },
  { cleanDir: true, codeSplitting: { groups: [{ name: 'motd', test: GET }] } },
  [thirdPartyNotices()],
);
// The main modules of two other processes. Apart, because a chunk that they shared with the command
// would load the command. They have no package in them, so nothing for the notices.
await bundle({ passStdout: `./${FROM}/cli/passStdout` });
await bundle({ lmdbReader: `./${FROM}/server/stores/file/lmdbReader` });
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

/**
 * @param {Record<string, string>} input Main modules, under the names that the code starts them with.
 * @param {import('rolldown').OutputOptions} [output]
 * @param {import('rolldown').Plugin[]} [plugins]
 */
async function bundle(input, output, plugins) {
  await build({
    input,
    plugins,
    platform: 'node',
    // Native packages.
    external: ['bufferutil', 'fs-native-extensions', 'lmdb', 'utf-8-validate'],
    output: {
      dir: TO,
      format: 'cjs',
      // Names of functions stay, for the stack trace of a bug.
      minify: { compress: true, mangle: { keepNames: true } },
      comments: { legal: false },
      ...output,
    },
  });
}

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
