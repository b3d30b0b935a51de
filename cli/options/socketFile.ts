// The flags of a Unix socket to listen on: its path, and its mode.

import { resolve } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { MAX_SOCKET_PATH_BYTES, type SocketFile } from '../../access/unixSocket.ts';
import { UsageError } from '../cliError.ts';
import { GROUP, inGroup } from './options.ts';
import { parseNewPath } from './parsers.ts';

const DEFAULT_MODE = '660';

export interface SocketFlags {
  path: '--socket' | '--http-socket';
  mode: '--socket-mode' | '--http-socket-mode';
}

export const SERVER_SOCKET: SocketFlags = { path: '--socket', mode: '--socket-mode' };
export const HTTP_SOCKET: SocketFlags = { path: '--http-socket', mode: '--http-socket-mode' };

/** A socket file, and the flag that chose it. */
export interface ChosenSocketFile extends SocketFile {
  flag: SocketFlags['path'];
}

/**
 * @param conflicts The options of the TCP port that the socket replaces.
 */
export function socketOptions(
  { path, mode }: SocketFlags,
  { description, conflicts }: { description: string; conflicts: string[] },
): Option[] {
  return inGroup(GROUP.listen, [
    new Option(`${path} <path>`, `${description}, in place of the TCP port`)
      .env(variable(path))
      .argParser(parseSocketPath)
      .conflicts(conflicts),
    new Option(
      `${mode} <mode>`,
      `mode of ${path}, in octal: who may write to it may connect (default: ${DEFAULT_MODE})`,
    )
      .env(variable(mode))
      .argParser(parseMode),
  ]);
}

/**
 * @returns `undefined` without a path: the server listens on a TCP port.
 * @throws UsageError if there is a mode without a path.
 */
export function socketFileFrom(
  path: string | undefined,
  mode: string | undefined,
  flags: SocketFlags,
): ChosenSocketFile | undefined {
  if (path !== undefined) {
    return { path, mode: Number.parseInt(mode ?? DEFAULT_MODE, 8), flag: flags.path };
  }
  if (mode === undefined) return undefined;
  throw new UsageError(
    'unused-flag',
    `${flags.mode} is for ${flags.path}; pass both, or leave it out`,
  );
}

/**
 * @returns An absolute path. It has no white space: it has to fit into a target
 *   (bridge/relay/targets.ts).
 */
export function parseSocketPath(text: string): string {
  const path = resolve(parseNewPath(text));
  // A `+` could begin a mark of a target (bridge/relay/targets.ts).
  if (text !== '' && !/[\s+]/.test(path) && Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES)
    return path;
  throw new InvalidArgumentError(
    `It must be the path of a Unix socket, at most ${MAX_SOCKET_PATH_BYTES} bytes in full, without white space and +.`,
  );
}

/** @returns The text: a variable of a child process has the same form as the flag. */
export function parseMode(text: string): string {
  if (/^0?[0-7]{3}$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a mode of three octal digits, such as 660.');
}

/** `--http-socket` is `MOTD_HTTP_SOCKET`. */
function variable(flag: string): string {
  return `MOTD_${flag.slice(2).replaceAll('-', '_').toUpperCase()}`;
}
