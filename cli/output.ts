// Standard output: safe for any screen, and written without ever holding up the event loop. A reader
// that stalls (`motd serve | less`) costs log lines, never answers.

import pino from 'pino';
import sonicBoom from 'sonic-boom';
import { escapeControls, escapeControlsInJson } from '../protocol/plainText.ts';
import { consoleLine } from '../server/consoleLine.ts';
import { decodeEvent, type Log } from '../server/events.ts';
import type { LogFormat } from './options/options.ts';

/** What waits for a stalled reader, in bytes; lines beyond it are dropped. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** How long a reader that takes nothing at all may hold up the end of the process. */
const LEAVE_DEADLINE_MS = 1000;

/** If this process has itself stood still for so long, its writes have yet to come through. */
const LAST_LOOK_MS = 200;

const stdout = new sonicBoom.SonicBoom({ fd: 1, sync: false, maxLength: MAX_WAITING_BYTES });
// A disk that is full, a reader that is gone: the lines are lost, and the work goes on.
stdout.on('error', () => {});
// The last thing before a line is written, so that nothing goes around it: no key, no error, no
// serializer of a library.
const logger = pino({ base: null, hooks: { streamWrite: escapeControlsInJson } }, stdout);

/** Writes one line for a person to read. */
export function say(line: string): void {
  stdout.write(`${escapeControls(line)}\n`);
}

/** The log `--log` names; `undefined` for a silent one. */
export function serverLog(format: LogFormat): Log | undefined {
  switch (format) {
    case 'console':
      return (event) => {
        const line = consoleLine(event);
        if (line !== undefined) say(line);
      };
    case 'json':
      return (event) => logger.info(decodeEvent(event));
    case 'silent':
      return undefined;
  }
}

/** The structured log for `--log json`; `undefined` otherwise. */
export function structuredLog(format: LogFormat): typeof logger | undefined {
  return format === 'json' ? logger : undefined;
}

/**
 * Lets the process end, its work being done: by itself once every line is written, and without the
 * rest where nobody takes it. A write that is stuck in the kernel would hold up an orderly exit for
 * good, so then it is a signal that ends us.
 */
export function exitWhenFlushed(): void {
  let lastLook: NodeJS.Timeout | undefined;
  const deadline = setTimeout(() => {
    lastLook = setTimeout(() => process.kill(process.pid, 'SIGKILL'), LAST_LOOK_MS).unref();
  }, LEAVE_DEADLINE_MS);
  deadline.unref();
  stdout.on('write', () => {
    clearTimeout(lastLook);
    deadline.refresh();
  });
}

/**
 * Ends the process once every line is written, whatever else it waits for: gRPC does not give up a
 * connection that is still being made, and to a machine that is gone that takes minutes.
 */
export function flushAndExit(): void {
  exitWhenFlushed();
  stdout.once('drain', () => process.exit());
  stdout.once('error', () => process.exit());
  stdout.write('');
}
