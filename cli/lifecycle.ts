// How a command that keeps running is told to stop or to read its files anew, and what `motd up`
// hears from its children.

import { closeSync, constants, openSync } from 'node:fs';
import { type Endpoint, formatEndpoint } from '../access/endpoint.ts';
import { hasErrorCode } from '../access/systemErrors.ts';
import { tellReady } from './serviceManager.ts';

export interface Ready {
  /** It listens here. */
  ready: Endpoint;
  /** It says over plain HTTP here how it is, where it was told to. */
  health?: Endpoint | undefined;
}

/** What a child tells the `motd up` that started it. */
export type Report =
  | Ready
  /** It has ended as asked, and is about to exit: however it does, that is no crash. */
  | { done: true };

/**
 * Calls `stop` on Ctrl-C, SIGTERM, a terminal that is closed, and a `motd up` that is gone.
 *
 * @param reload What SIGHUP asks for while the terminal is there, or where there never was one;
 *   without it, SIGHUP asks to stop.
 */
export function onStopRequest(stop: () => void, reload?: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  onHangUp(stop, reload);
  process.on('disconnect', stop);
  // The channel to our parent must not keep us alive.
  process.channel?.unref();
  // It may have gone while we started; the event is then past.
  if (process.connected === false) stop();
}

/** Tells the `motd up` that started us, if one did; else the service manager, if one did. */
export function report(what: Report): void {
  if (process.connected) process.send?.(what);
  else if ('ready' in what) tellReady(`Listening on ${formatEndpoint(what.ready)}`);
}

function onHangUp(stop: () => void, reload?: () => void): void {
  const hadTerminal = terminal() === 'here';
  process.on('SIGHUP', () => {
    const isClosed = hadTerminal && terminal() === 'gone';
    if (reload !== undefined && !isClosed) reload();
    // `kill -HUP %1` reaches all of a `motd up`: it alone knows what is meant.
    else if (isClosed || !process.connected) stop();
  });
}

/** Whether this process has a controlling terminal (tty(4)). */
function terminal(): 'here' | 'gone' | 'unknown' {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK));
    return 'here';
  } catch (error) {
    // EIO while it is being closed. Anything else is our own trouble, such as too many open files.
    return hasErrorCode(error, ['ENXIO', 'EIO']) ? 'gone' : 'unknown';
  }
}
