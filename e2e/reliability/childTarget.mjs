// A TCP service that is a process of its own, to be killed, stopped and continued.
//
//   node childTarget.mjs echo          says everything back
//   node childTarget.mjs deaf          reads nothing after the first bytes
//   node childTarget.mjs narrow        echoes; two may wait to be accepted, who comes then is not answered
//
// It says the port it listens on, and `heard` when the first bytes of a connection have come.

import { createServer } from 'node:net';

const [behaviour] = process.argv.slice(2);

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {});
  socket.once('data', () => process.stdout.write('heard\n'));
  if (behaviour === 'deaf') socket.once('data', () => socket.pause());
  else socket.pipe(socket);
});
// Linux lets one more than the backlog wait, and drops the SYN of the next.
server.listen({ host: '127.0.0.1', port: 0, backlog: behaviour === 'narrow' ? 1 : 511 }, () => {
  const address = server.address();
  if (typeof address === 'object') process.stdout.write(`listening on ${address?.port}\n`);
});
