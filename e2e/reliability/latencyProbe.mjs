// Requests the message about once a millisecond on one connection, and reports how long the replies
// took. A process of its own: in the process that makes the load, it would also measure the delays
// of that process.
//
// `node latencyProbe.mjs PORT MESSAGE…`: the messages count as correct replies. The URL of a
// WebSocket in place of the port goes through a bridge.
//
// It reads commands from its input, one per line, and runs them in order:
//
// `report COUNT` prints the results since the last report, once there are COUNT replies.
// `wait COUNT` prints `waited` once COUNT more replies have come.

import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { createWebSocketStream, WebSocket } from 'ws';

/** The pause between two requests. */
const POLL_INTERVAL_MS = 1;

const [where = '', ...messages] = process.argv.slice(2);
const correctReplies = new Set(messages.map((message) => `200 OK\n${message}\n`));

const socket = where.startsWith('ws:')
  ? await openWebSocket(where)
  : await openSocket(Number(where));
socket.setEncoding('latin1').on('close', () => process.exit());

/** @type {number[]} */
let tookMs = [];
let wrong = 0;
let replies = 0;
/** @type {(() => boolean)[]} Each prints its line and returns `true` once it can. */
const commands = [];

// Commands that arrive before the first reply wait for it.
await sendRequest();
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [what, count] = line.split(' ');
    commands.push(what === 'wait' ? waitCommand(Number(count)) : reportCommand(Number(count)));
    serve();
  })
  .on('close', () => socket.end());

while (socket.writable) {
  await setTimeout(POLL_INTERVAL_MS);
  await sendRequest();
  serve();
}

function serve() {
  while (commands[0]?.() === true) commands.shift();
}

/** @param {number} count */
function waitCommand(count) {
  const last = replies + count;
  return () => {
    if (replies < last) return false;
    process.stdout.write('waited\n');
    return true;
  };
}

/** @param {number} count */
function reportCommand(count) {
  return () => {
    if (tookMs.length < count) return false;
    const sorted = tookMs.sort((a, b) => a - b);
    const at = (/** @type {number} */ share) =>
      sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
    const results = { count: sorted.length, wrong, p50: at(0.5), p99: at(0.99), worst: at(1) };
    process.stdout.write(`${JSON.stringify(results)}\n`);
    tookMs = [];
    return true;
  };
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

async function sendRequest() {
  const startedAtMs = performance.now();
  socket.write('MSGGET\n');
  const reply = await nextReply();
  tookMs.push(performance.now() - startedAtMs);
  replies++;
  if (!correctReplies.has(reply)) wrong++;
}

/** A reply has two lines. @returns {Promise<string>} */
async function nextReply() {
  let reply = '';
  while (reply.split('\n').length < 3) {
    const [text] = await once(socket, 'data');
    reply += text;
  }
  return reply;
}
