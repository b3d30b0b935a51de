// The least that a server in this language can do: it finds the line ends, and answers each line
// with the same bytes. It knows one command, QUIT, which it recognizes by its first letter.

import { createServer } from 'node:net';

const [, , reply = ''] = process.argv;
const REPLY = Buffer.from(reply);
const LF = 0x0a;
const Q = 'Q'.charCodeAt(0);

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('data', (chunk) => {
    let lines = 0;
    for (let at = chunk.indexOf(LF); at !== -1; at = chunk.indexOf(LF, at + 1)) lines += 1;
    if (chunk[0] === Q) socket.end(REPLY);
    else if (lines > 0)
      socket.write(lines === 1 ? REPLY : Buffer.alloc(lines * REPLY.length, REPLY));
  });
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', 511, () => process.send?.({ ready: server.address() }));
