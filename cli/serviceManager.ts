// The interface to a service manager such as systemd: it passes sockets that are already bound
// (sd_listen_fds(3)), and expects a notification when the service is ready (sd_notify(3)).

import { spawn } from 'node:child_process';
import { CliError, printToStderr } from './cliError.ts';
import { ownVariable } from './options/environment.ts';

/** SD_LISTEN_FDS_START: the first descriptor after the standard streams. */
const FIRST_INHERITED_FD = 3;

/**
 * @returns The file descriptor of the socket to listen on; `undefined` if none was passed.
 * @throws CliError if several were passed: their order is not defined.
 */
export function inheritedSocket(): number | undefined {
  const count = ownVariable('LISTEN_FDS');
  // The variables may be left over from a parent process they were meant for.
  if (ownVariable('LISTEN_PID') !== String(process.pid) || count === undefined) return undefined;
  if (count === '1') return FIRST_INHERITED_FD;
  throw new CliError(
    'service-manager',
    `the service manager passed ${count} sockets, but one is expected; ` +
      'keep one ListenStream= in the socket unit',
  );
}

/** Whether a service manager started this process, and requests notifications. */
export function isManagedService(): boolean {
  return ownVariable('NOTIFY_SOCKET') !== undefined;
}

/**
 * Notifies the service manager that the service is ready, if it requests notifications. Node has no
 * Unix datagram sockets, so this runs the program that systemd ships for this purpose.
 *
 * @param status Shown by `systemctl status`.
 */
export function notifyReady(status: string): void {
  const socket = ownVariable('NOTIFY_SOCKET');
  if (socket === undefined) return;
  const notify = spawn('systemd-notify', ['--ready', `--status=${status}`], {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  notify.on('error', (error) => {
    printToStderr('service-manager', `cannot notify the service manager: ${error.message}`);
  });
  notify.unref();
}
