// @xterm/addon-unicode-graphemes 0.4 takes the memory behind a Buffer for the Buffer's alone. A
// browser has no Buffer; in Node a small one is a piece of a pool, unless there is none.
Buffer.poolSize = 0;
