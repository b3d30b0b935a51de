// Many WebSocket sessions in one process, which is then stopped, or whose network link is cut. Each
// sends a line and waits for its echo; pings are answered as long as possible.
//
// `node idleSessions.mjs URL COUNT`
//
// It prints `ready` at the start, opens the sessions after a line on its input, and prints `open`
// when all are open.

import { once } from 'node:events';
import { WebSocket } from 'ws';

const OPEN_BATCH_SIZE = 100;
const [url = '', count = ''] = process.argv.slice(2);

process.stdout.write('ready\n');
await once(process.stdin, 'data');
/** @type {WebSocket[]} */
const open = [];
while (open.length < Number(count)) {
  const batch = Math.min(OPEN_BATCH_SIZE, Number(count) - open.length);
  open.push(...(await Promise.all(Array.from({ length: batch }, openOne))));
}
process.stdout.write('open\n');

async function openOne() {
  const webSocket = new WebSocket(url);
  webSocket.on('error', () => {});
  await once(webSocket, 'open');
  webSocket.send('here I am');
  await once(webSocket, 'message');
  return webSocket;
}
