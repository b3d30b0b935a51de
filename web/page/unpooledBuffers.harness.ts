// Turns off Node's pool for small Buffers. @xterm/addon-unicode-graphemes 0.4 uses the whole
// ArrayBuffer behind a Buffer as if no other Buffer shared it.
Buffer.poolSize = 0;
