// Standard output, written without ever holding up the event loop: a reader that stalls
// (`motd serve | less`) costs log lines, never answers.

import pino from 'pino';
import { consoleLine } from '../server/consoleLine.ts';
import { type Log, printable } from '../server/events.ts';
import type { LogFormat } from './options.ts';

/** What waits for a stalled reader, in bytes; lines beyond it are dropped. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

const stdout = pino.destination({ dest: 1, sync: false, maxLength: MAX_WAITING_BYTES });
const logger = pino({ base: null }, stdout);

/** Writes one line for a person to read. */
export function say(line: string): void {
  stdout.write(`${line}\n`);
}

/** The log `--log` names; `undefined` for a silent one. */
export function serverLog(format: LogFormat): Log | undefined {
  switch (format) {
    case 'console':
      return (event) => say(consoleLine(event));
    case 'json':
      return (event) => logger.info(printable(event));
    case 'silent':
      return undefined;
  }
}

/** The structured log for `--log json`; `undefined` otherwise. */
export function structuredLog(format: LogFormat): typeof logger | undefined {
  return format === 'json' ? logger : undefined;
}
