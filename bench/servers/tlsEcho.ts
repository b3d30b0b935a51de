// The echo server of echo.ts, over TLS 1.2: after the session tickets of TLS 1.3, websockify waits for
// data that the server does not have, and relays nothing more.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { tlsFile } from '../../testing/tlsFile.ts';

const identity = { cert: readFileSync(tlsFile('cert')), key: readFileSync(tlsFile('key')) };
const server = createServer({ ...identity, maxVersion: 'TLSv1.2', noDelay: true }, (socket) => {
  socket.on('data', (chunk) => socket.write(chunk));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.({ ready: server.address() }));
