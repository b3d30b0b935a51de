// Standard output: escaped for display, and written without blocking the event loop. If its reader
// stalls (`motd serve | less`), log lines are lost, but peers are still served.

import pino from 'pino';
import sonicBoom from 'sonic-boom';
import { escapeControls, escapeControlsInJson } from '../protocol/plainText.ts';
import { consoleLine } from '../server/consoleLine.ts';
import { decodeEvent, type Log } from '../server/events.ts';
import type { LogFormat } from './options/options.ts';

/** The bytes buffered for a stalled reader. Further lines are dropped. */
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

/** How long a reader that reads nothing may delay the exit of the process. */
const FLUSH_DEADLINE_MS = 1000;

/** If this process itself was suspended past the deadline, its writes get this much longer. */
const GRACE_PERIOD_MS = 200;

/**
 * PIPE_BUF of Linux (pipe(7)): in writes of at most this size, lines of several processes, such as
 * those of workers, stay whole.
 */
const MAX_WRITE_BYTES = 4096;

const stdout = new sonicBoom.SonicBoom({
  fd: 1,
  sync: false,
  maxLength: MAX_BUFFERED_BYTES,
  maxWrite: MAX_WRITE_BYTES,
});
// The disk is full, or the reader has closed: lines are lost, and the process continues.
stdout.on('error', () => {});
// `streamWrite` is the last step before a line is written: it escapes keys and errors, too.
const logger = pino({ base: null, hooks: { streamWrite: escapeControlsInJson } }, stdout);

export function printLine(line: string): void {
  stdout.write(`${escapeControls(line)}\n`);
}

/** @returns The event log for a value of `--log`; `undefined` for `silent`. */
export function eventLog(format: LogFormat): Log | undefined {
  switch (format) {
    case 'console':
      return (event) => {
        const line = consoleLine(event);
        // Its controls are escaped.
        if (line !== undefined) stdout.write(`${line}\n`);
      };
    case 'json':
      return (event) => logger.info(decodeEvent(event));
    case 'silent':
      return undefined;
  }
}

/**
 * @returns What prints a line for the operator, for a value of `--log`. `silent` prints none.
 */
export function linePrinter(format: LogFormat): (line: string) => void {
  switch (format) {
    case 'console':
      return printLine;
    case 'json':
      return (line) => logger.warn(line);
    case 'silent':
      return () => {};
  }
}

/** @returns The logger for `--log json`; `undefined` for other formats. */
export function jsonLogger(format: LogFormat): typeof logger | undefined {
  return format === 'json' ? logger : undefined;
}

/**
 * Lets the process exit by itself when every line is written, or kills it if the reader accepts
 * nothing for a while: a write that blocks in the kernel also blocks an orderly exit.
 */
export function exitWhenFlushed(): void {
  let gracePeriod: NodeJS.Timeout | undefined;
  const deadline = setTimeout(() => {
    gracePeriod = setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_PERIOD_MS).unref();
  }, FLUSH_DEADLINE_MS);
  deadline.unref();
  stdout.on('write', () => {
    clearTimeout(gracePeriod);
    deadline.refresh();
  });
}

/**
 * Exits when every line is written, whatever else keeps the process alive. gRPC cannot cancel a
 * connection attempt, which takes minutes if the machine is down.
 */
export function flushAndExit(): void {
  exitWhenFlushed();
  stdout.once('drain', () => process.exit());
  stdout.once('error', () => process.exit());
  stdout.write('');
}
