// Passes its standard output, a pipe, to the process that started it, and exits (see
// exitWhenReaderCloses.ts).

import '../server/ignoreDebugSignal.ts';

import { Socket } from 'node:net';
import process from 'node:process';

process.on('disconnect', () => process.exit());
process.send?.('stdout', new Socket({ fd: 1, readable: false, writable: true }));
