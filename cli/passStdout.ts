// A process that passes its standard output, a pipe, to the one that started it, and ends
// (stdoutReader.ts says why).

import '../server/ignoreDebugSignal.ts';

import { Socket } from 'node:net';
import process from 'node:process';

process.on('disconnect', () => process.exit());
process.send?.('stdout', new Socket({ fd: 1, readable: false, writable: true }));
