// Resolves a host name in a child process. getaddrinfo(3) cannot be canceled, and while it waits
// for a name server that does not answer, its process cannot exit.

import { execFile } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';

// Without a listener, SIGUSR1 opens Node's debugger (server/ignoreDebugSignal.ts).
const SCRIPT = `
  process.on('SIGUSR1', () => {});
  require('node:dns').lookup(process.argv[1], { all: true }, (error, addresses) => {
    process.stdout.write(JSON.stringify(error ? { code: error.code } : { addresses }));
  });
`;

interface LookupResult {
  addresses?: LookupAddress[];
  code?: string;
}

/** @param signal Kills the child process when it is aborted. */
export function lookupInChild(signal: AbortSignal): LookupFunction {
  return (host, { all }, callback) => {
    const options = { signal, killSignal: 'SIGKILL' } as const;
    execFile(process.execPath, ['-e', SCRIPT, '--', host], options, (failure, stdout) => {
      const { addresses = [], code }: LookupResult = failure ? {} : JSON.parse(stdout);
      const [first] = addresses;
      if (first === undefined) {
        callback(
          Object.assign(new Error(`no address for ${host}`), { code: code ?? 'ENOTFOUND' }),
          '',
        );
      } else if (all) {
        callback(null, addresses);
      } else {
        callback(null, first.address, first.family);
      }
    });
  };
}
