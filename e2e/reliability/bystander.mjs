// Asks for the message about once a millisecond, over one connection, and says how long the answers
// took. A process of its own: in the one that makes the crowd, it would measure the crowd's noise.
//
//   node bystander.mjs PORT MESSAGE…     what counts as a right message; in the place of the port the
//                                        URL of a WebSocket to ask by way of a bridge
//
// For each line on its input it writes what it saw since the last one.

import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { createWebSocketStream, WebSocket } from 'ws';

const [where = '', ...messages] = process.argv.slice(2);
const right = new Set(messages.map((message) => `200 OK\n${message}\n`));

const socket = where.startsWith('ws:')
  ? await openWebSocket(where)
  : await openSocket(Number(where));
socket.setEncoding('latin1').on('close', () => process.exit());

/** @type {number[]} */
let tookMs = [];
let wrong = 0;

// What is asked before the first answer waits for it.
await ask();
createInterface({ input: process.stdin })
  .on('line', () => {
    const sorted = tookMs.sort((a, b) => a - b);
    const at = (/** @type {number} */ share) =>
      sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
    const seen = { asked: sorted.length, wrong, p50: at(0.5), p99: at(0.99), worst: at(1) };
    process.stdout.write(`${JSON.stringify(seen)}\n`);
    tookMs = [];
  })
  .on('close', () => socket.end());

while (socket.writable) {
  await setTimeout(1);
  await ask();
}

/** @param {number} port */
async function openSocket(port) {
  const tcp = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(tcp, 'connect');
  return tcp;
}

/** @param {string} url */
async function openWebSocket(url) {
  const webSocket = new WebSocket(url);
  const stream = createWebSocketStream(webSocket);
  await once(webSocket, 'open');
  return stream;
}

async function ask() {
  const startedAtMs = performance.now();
  socket.write('MSGGET\n');
  const reply = await nextReply();
  tookMs.push(performance.now() - startedAtMs);
  if (!right.has(reply)) wrong++;
}

/** Two lines. @returns {Promise<string>} */
async function nextReply() {
  let reply = '';
  while (reply.split('\n').length < 3) {
    const [text] = await once(socket, 'data');
    reply += text;
  }
  return reply;
}
