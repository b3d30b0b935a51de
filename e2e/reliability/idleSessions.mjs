// Many WebSocket sessions held by one process, which is then stopped, or whose cable is cut. Each says a
// line and hears it; pings are answered for as long as it can.
//
//   node idleSessions.mjs URL COUNT
//
// It says `here` once it runs, begins when there is a line on its input, and says `open` when all are.

import { once } from 'node:events';
import { WebSocket } from 'ws';

const AT_ONCE = 100;
const [url = '', count = ''] = process.argv.slice(2);

process.stdout.write('here\n');
await once(process.stdin, 'data');
/** @type {WebSocket[]} */
const open = [];
while (open.length < Number(count)) {
  const batch = Math.min(AT_ONCE, Number(count) - open.length);
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
