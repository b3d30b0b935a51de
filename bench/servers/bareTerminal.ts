// The baseline for a page: xterm.js alone. It writes the prompt and echoes what is typed by itself,
// connects to nothing, and has a fixed size. No page that draws with xterm.js can be ready, or
// echo, sooner. Its cursor does not blink, as in our page: while something blinks, the browser
// draws at fixed moments, and an echo waits for the next of them.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { gzipSync } from 'node:zlib';

const [, , prompt = ''] = process.argv;
const { resolve } = createRequire(import.meta.url);

const PAGE = `<!doctype html>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="xterm.css">
<div id="terminal"></div>
<script src="xterm.js"></script>
<script>
  const terminal = new Terminal({ cols: 106, rows: 26, fontSize: 15, lineHeight: 1.25 });
  terminal.open(document.getElementById('terminal'));
  terminal.onData((data) => terminal.write(data));
  terminal.write(${JSON.stringify(`${prompt} `)});
  terminal.focus();
</script>
`;

interface ServedFile {
  type: string;
  cacheControl: string;
  gzip: Buffer;
}

const IMMUTABLE = 'public, max-age=31536000, immutable';
const FILES = new Map<string | undefined, ServedFile>([
  ['/', { type: 'text/html; charset=utf-8', cacheControl: 'no-cache', gzip: gzipSync(PAGE) }],
  ['/xterm.css', { type: 'text/css', cacheControl: IMMUTABLE, gzip: read('css/xterm.css') }],
  ['/xterm.js', { type: 'text/javascript', cacheControl: IMMUTABLE, gzip: read('lib/xterm.js') }],
]);

const server = createServer(({ url }, response) => {
  const file = FILES.get(url);
  if (file === undefined) return response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': file.type,
    'content-encoding': 'gzip',
    'cache-control': file.cacheControl,
  });
  return response.end(file.gzip);
});
server.listen(0, '127.0.0.1', () => process.send?.({ ready: server.address() }));

function read(path: string): Buffer {
  return gzipSync(readFileSync(resolve(`@xterm/xterm/${path}`)));
}
