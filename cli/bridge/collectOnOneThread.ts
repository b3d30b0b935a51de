// A relay produces much garbage in few objects, and collecting it takes a moment. To share that with
// other threads costs more than it saves: on a busy machine, all of them wait for the last one.
//
// `node --single-threaded-gc` would also turn off concurrent marking, which cannot be done while V8
// runs, and matters little here. Both flags are read at each collection (V8's heap/scavenger.cc,
// heap/array-buffer-sweeper.cc).

import { setFlagsFromString } from 'node:v8';

/** Makes this process collect its young garbage without other threads. */
export function collectOnOneThread(): void {
  setFlagsFromString('--no-parallel-scavenge');
  setFlagsFromString('--no-concurrent-array-buffer-sweeping');
}
