// The yardstick: a TCP server that sends back what comes and does nothing else. No server in this
// language and on this machine answers a request in less.

import { createServer } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.({ ready: server.address() }));
