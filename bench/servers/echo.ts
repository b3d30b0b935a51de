// The baseline: a TCP server that sends back what it receives, and does nothing else. No server in
// this language on this machine can answer a request sooner.

import { createServer } from 'node:net';

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.({ ready: server.address() }));
