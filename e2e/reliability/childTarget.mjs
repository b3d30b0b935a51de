// A TCP service in a process of its own, to be killed, stopped and continued.
//
// `node childTarget.mjs echo` sends everything back.
// `node childTarget.mjs stalled` reads nothing after the first bytes.
// `node childTarget.mjs full` echoes. Two connections may wait to be accepted; further ones get
// no answer.
//
// It prints the port it listens on, and `received` when the first bytes of a connection have come.

import { createServer } from 'node:net';

const [behavior] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', () => process.stdout.write('received\n'));
  if (behavior === 'stalled') socket.once('data', () => socket.pause());
  else socket.pipe(socket);
});
// Linux lets one more than the backlog wait, and drops the SYN of the next.
server.listen({ host: '127.0.0.1', port: 0, backlog: behavior === 'full' ? 1 : 511 }, () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`listening on ${address?.port}\n`);
});
