// Stop and reload requests to a command that keeps running, and its reports to its parent.

import { closeSync, constants, openSync } from 'node:fs';
import { type Endpoint, formatEndpoint, type ListenAddress } from '../access/endpoint.ts';
import { hasErrorCode } from '../access/systemErrors.ts';
import { isManagedService, notifyReady } from './serviceManager.ts';

export interface Ready {
  /** Where the command listens. */
  ready: ListenAddress;
  /** The endpoint of its health checks, if it has one: plain HTTP. */
  health?: Endpoint | undefined;
}

/** A message from a child process to the `motd up` or the primary that started it. */
export type Report =
  | Ready
  /** It has ended as requested, and is about to exit. Any exit status after this is not a crash. */
  | { done: true };

/**
 * Calls `stop` on SIGINT (Ctrl-C) and SIGTERM, when the terminal is closed, and when the parent
 * process has ended.
 *
 * @param reload Called on SIGHUP, unless the terminal was closed. Without it, SIGHUP also calls
 *   `stop`, except under a service manager: its reload must not end the service.
 */
export function onStopRequest(stop: () => void, reload?: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  onHangUp(stop, reload);
  process.on('disconnect', stop);
  // The IPC channel to the parent must not keep this process alive.
  process.channel?.unref();
  // The parent may have ended while this process started, before the listener was there.
  if (process.connected === false) stop();
}

/**
 * Reports to the parent process over IPC; without one, reports readiness to the service manager.
 */
export function reportToParent(report: Report): void {
  // The parent may end meanwhile: then `disconnect` is emitted, and there is nobody to report to.
  if (process.connected) process.send?.(report, undefined, undefined, () => {});
  else if ('ready' in report) notifyReady(`Listening on ${formatEndpoint(report.ready)}`);
}

function onHangUp(stop: () => void, reload?: () => void): void {
  const hadTerminal = terminalState() === 'open';
  process.on('SIGHUP', () => {
    const isClosed = hadTerminal && terminalState() === 'closed';
    if (reload !== undefined && !isClosed) reload();
    // `kill -HUP %1` signals `motd up` and its children. Only `motd up` decides what it means.
    else if (isClosed || !(process.connected || isManagedService())) stop();
  });
}

/** @returns The state of the controlling terminal (tty(4)). */
function terminalState(): 'open' | 'closed' | 'unknown' {
  try {
    closeSync(openSync('/dev/tty', constants.O_RDONLY | constants.O_NONBLOCK));
    return 'open';
  } catch (error) {
    // EIO while it is being closed. Any other error, such as EMFILE, is not about the terminal.
    return hasErrorCode(error, ['ENXIO', 'EIO']) ? 'closed' : 'unknown';
  }
}
