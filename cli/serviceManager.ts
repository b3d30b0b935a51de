// What a service manager such as systemd passes on to us, and what it wants to hear: a socket that is
// bound already (sd_listen_fds(3)), and word that we are ready (sd_notify(3)).

import { spawn } from 'node:child_process';
import { CliError, printToStderr } from './cliError.ts';
import { ownVariable } from './options/environment.ts';

/** SD_LISTEN_FDS_START: standard input, output and error come before it. */
const FIRST_PASSED_FD = 3;

/**
 * @returns The file descriptor of the socket to listen on; `undefined` where none was passed.
 * @throws CliError where there are several: nobody says which is for what.
 */
export function passedSocket(): number | undefined {
  const count = ownVariable('LISTEN_FDS');
  // They may be meant for a process before us, which left them in the environment.
  if (ownVariable('LISTEN_PID') !== String(process.pid) || count === undefined) return undefined;
  if (count === '1') return FIRST_PASSED_FD;
  throw new CliError(
    `one socket is expected, and ${count} were passed; say one ListenStream= in the socket unit`,
  );
}

/**
 * Says that we are ready, where somebody waits for it. Node has no datagram sockets of the Unix
 * kind; systemd brings a program that has.
 *
 * @param status What `systemctl status` is to show.
 */
export function tellReady(status: string): void {
  const socket = ownVariable('NOTIFY_SOCKET');
  if (socket === undefined) return;
  const notify = spawn('systemd-notify', ['--ready', `--status=${status}`], {
    env: { ...process.env, NOTIFY_SOCKET: socket },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  notify.on('error', (error) => {
    printToStderr(`cannot tell the service manager: ${error.message}`);
  });
  notify.unref();
}
