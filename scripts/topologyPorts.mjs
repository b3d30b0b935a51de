// The command line of `npm run topology`.

import { parseArgs } from 'node:util';
import { fail } from './prepare.mjs';

const USAGE = `Usage: npm run topology -- [--port PORT] [--http-port PORT]

Starts three etcd, three message servers, a bridge and HAProxy on this machine; Ctrl-C ends them all.

  --port PORT       the port of HAProxy for motd, nc and telnet (default: 26310)
  --http-port PORT  the port of HAProxy for the page (default: 8080)`;

/** Ends the process after `--help`, or with an error if an argument is wrong. */
export function portsFromArguments() {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: '26310' },
        'http-port': { type: 'string', default: '8080' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help) {
      console.log(USAGE);
      process.exit();
    }
    const ports = {
      port: parsePort('--port', values.port),
      httpPort: parsePort('--http-port', values['http-port']),
    };
    if (ports.port !== ports.httpPort) return ports;
    return fail(`--port and --http-port are both ${ports.port}; choose another for one of them`);
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/**
 * @param {string} flag
 * @param {string} text
 */
function parsePort(flag, text) {
  const number = Number(text);
  const isPort = /^\d+$/.test(text) && number >= 1 && number <= 65_535;
  return isPort ? number : fail(`${flag} '${text}' is not a port from 1 to 65535`);
}
