// Errors for the user of the command: one line that names the problem and the flag to change,
// without a stack trace.

import { dirname } from 'node:path';
import type { Endpoint } from '../access/endpoint.ts';
import { errorMessage } from '../access/errorMessage.ts';
import {
  type ConnectFailure,
  connectFailure,
  describeFileError,
  errorCode,
  failurePredicate,
  hasErrorCode,
  NO_DESCRIPTOR,
  type TlsFailure,
  tlsFailure,
} from '../access/systemErrors.ts';
import { escapeControls } from '../protocol/plainText.ts';
import type { StoreOpenError } from '../server/stores/storeOpenError.ts';
import type { ShortCode } from './shortCodes.ts';

/** A password in a URL is a mistake, and must not be repeated (RFC 3986, section 3.2.1). */
const PASSWORD_IN_URL = /(:\/\/[^/\s:@']*:)\S*@/g;

/** Ends the command with exit status 1 and this message as its only line on standard error. */
export class CliError extends Error {
  override name = 'CliError';
  /** Not `code`, which is the system's (access/systemErrors.ts). */
  readonly shortCode: ShortCode;

  constructor(shortCode: ShortCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.shortCode = shortCode;
  }
}

/** Wrong usage: ends the command with exit status 2. */
export class UsageError extends CliError {
  override name = 'UsageError';
}

/**
 * Writes one line to standard error, with the short code at its end. Control characters are
 * escaped: the message may quote a file name or a server's reply.
 */
export function printToStderr(shortCode: ShortCode, message: string): void {
  const shown = escapeControls(message.replace(PASSWORD_IN_URL, '$1…@'));
  process.stderr.write(`motd: ${shown} [${shortCode}]\n`);
}

/**
 * Describes why a server could not listen.
 *
 * @param portFlag The flag that sets the port. The flag for the host has a similar name.
 * @returns A CliError, or `error` itself if it has no code.
 */
export function listenError(error: unknown, { host, port }: Endpoint, portFlag: string): unknown {
  const hostFlag = portFlag.replace('port', 'host');
  const code = errorCode(error);
  if (hasErrorCode(error, NO_DESCRIPTOR)) return descriptorError(error);
  switch (code) {
    case 'EADDRINUSE':
      return cliError(
        error,
        'port-in-use',
        `port ${port} is already in use on ${host}; choose another with ${portFlag}`,
      );
    case 'EACCES':
      return cliError(
        error,
        'port-not-allowed',
        `no permission to listen on port ${port}; choose one above 1023 with ${portFlag}`,
      );
    case 'EADDRNOTAVAIL':
      return cliError(
        error,
        'foreign-address',
        `${host} is not an address of this machine; check ${hostFlag}`,
      );
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return cliError(error, 'unknown-host', `unknown host name: ${host}; check ${hostFlag}`);
    case undefined:
      return error;
    default:
      return cliError(
        error,
        'cannot-listen',
        `cannot listen on ${host}, port ${port}: ${code}; check ${hostFlag}`,
      );
  }
}

/**
 * Describes why a server could not listen on a Unix socket.
 *
 * @param flag The flag that sets the path.
 * @returns A CliError, or `error` itself if it has no code.
 */
export function socketFileError(error: unknown, path: string, flag: string): unknown {
  const code = errorCode(error);
  if (hasErrorCode(error, NO_DESCRIPTOR)) return descriptorError(error);
  switch (code) {
    case 'EADDRINUSE':
      return cliError(
        error,
        'socket-path-taken',
        `${path} is already in use; choose another with ${flag}`,
      );
    case 'ENOTSOCK':
      return cliError(
        error,
        'socket-path-taken',
        `${path} exists, and is not a socket; choose another with ${flag}`,
      );
    case 'ENOENT':
    case 'ENOTDIR':
      return cliError(error, 'file-not-found', `no such folder: ${dirname(path)}; check ${flag}`);
    case undefined:
      return error;
    default:
      return cliError(
        error,
        'cannot-listen',
        `cannot create ${path}: ${describeFileError(code)}; check ${flag}`,
      );
  }
}

/** How a client reaches a server. */
export type ServerKind = 'tcp' | 'socket' | 'bridge';

function connectAdvice(
  failure: ConnectFailure | TlsFailure,
  kind: ServerKind,
  tlsSwitch: string | undefined,
): string {
  switch (failure) {
    case 'refused':
    case 'socket_not_found':
      return '; check that the server is running there';
    case 'not_tls':
      return kind === 'bridge' ? '; write ws:// in --url' : turnOff(tlsSwitch);
    case 'self_signed':
    case 'untrusted':
      return '; pass its CA with --tls-ca';
    case 'client_certificate':
      return '; pass one with --tls-cert and --tls-key';
    case 'certificate_rejected':
      return '; check --tls-cert';
    case 'reset':
    case 'out_of_descriptors':
    case 'expired':
    case 'not_yet_valid':
    case 'invalid_certificate':
    case 'tls_version':
    case 'tls_closed':
    case 'tls_timed_out':
    case 'tls_rejected':
    case 'tls_error':
      return '';
    case 'permission_denied':
      return kind === 'socket' ? SOCKET_PERMISSION_ADVICE : checkAddress(kind);
    case 'timed_out':
    case 'name_not_found':
    case 'unreachable':
    case 'not_a_socket':
    case 'other':
    case 'wrong_name':
      return checkAddress(kind);
  }
}

const CONNECT_CODES: Readonly<Record<ConnectFailure | TlsFailure, ShortCode>> = {
  refused: 'connection-refused',
  timed_out: 'no-answer',
  name_not_found: 'unknown-host',
  socket_not_found: 'no-socket',
  not_a_socket: 'no-socket',
  reset: 'connection-closed',
  unreachable: 'unreachable',
  permission_denied: 'unreachable',
  out_of_descriptors: 'unreachable',
  other: 'unreachable',
  not_tls: 'not-tls',
  tls_version: 'tls-failed',
  tls_closed: 'tls-failed',
  tls_timed_out: 'tls-failed',
  tls_rejected: 'tls-failed',
  tls_error: 'tls-failed',
  self_signed: 'untrusted-certificate',
  untrusted: 'untrusted-certificate',
  client_certificate: 'client-certificate',
  certificate_rejected: 'client-certificate',
  wrong_name: 'invalid-certificate',
  expired: 'invalid-certificate',
  not_yet_valid: 'invalid-certificate',
  invalid_certificate: 'invalid-certificate',
};

const SOCKET_PERMISSION_ADVICE =
  '; a client needs write permission on the socket: see --socket-mode of the server';

function turnOff(flagOrVariable = '--tls'): string {
  const isFlag = flagOrVariable.startsWith('--');
  return isFlag ? `; leave out ${flagOrVariable}` : `; unset ${flagOrVariable}`;
}

function checkAddress(kind: ServerKind): string {
  return kind === 'bridge' ? '; check --url' : '; check --host';
}

/**
 * Describes why a client could not connect.
 *
 * @param where The server, as `HOST:PORT` or `unix:PATH`, or its URL.
 * @param tlsSwitch The flag or variable that turned on TLS.
 * @returns A CliError, or `error` itself if it has no code.
 */
export function connectError(
  error: unknown,
  where: string,
  kind: ServerKind = 'tcp',
  tlsSwitch?: string,
): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  const tls = tlsFailure(error);
  const failure = tls ?? connectFailure(error);
  const shownCode = tls === undefined ? ` (${code})` : '';
  const advice = connectAdvice(failure, kind, tlsSwitch);
  return cliError(
    error,
    CONNECT_CODES[failure],
    `${where} ${failurePredicate(failure)}${shownCode}${advice}`,
  );
}

/**
 * Describes why a client could not connect to one of several servers, without advice.
 *
 * @returns A predicate for the server: `refused the connection`.
 * @throws `error` itself if it has no code.
 */
export function describeConnectError(error: unknown): string {
  const code = errorCode(error);
  if (code === undefined) throw error;
  const failure = tlsFailure(error) ?? connectFailure(error);
  return failure === 'other' ? `${failurePredicate(failure)} (${code})` : failurePredicate(failure);
}

/**
 * Describes why a file could not be read.
 *
 * @param flag The flag that names the file.
 * @returns A CliError, or `error` itself if it has no code.
 */
export function fileError(error: unknown, file: string, flag: string): unknown {
  const code = errorCode(error);
  if (code === undefined) return error;
  if (hasErrorCode(error, NO_DESCRIPTOR)) return descriptorError(error);
  if (code === 'ENOENT') {
    return cliError(error, 'file-not-found', `no such file: ${file}; check ${flag}`);
  }
  const problem = `cannot read ${file}: ${describeFileError(code)}`;
  return cliError(error, 'unreadable-file', `${problem}; check ${flag}`);
}

/** @param error Of `NO_DESCRIPTOR`. No flag of the command is the cause. */
export function descriptorError(error: unknown): CliError {
  const message = `out of file descriptors: ${errorMessage(error)}; raise the limit of open files (ulimit -n)`;
  return cliError(error, 'system-limit', message);
}

/** @param message That of the error, in the words of the command. */
export function storeOpenError(error: StoreOpenError, message: string): CliError {
  const Kind = error.shortCode === 'invalid-store-url' ? UsageError : CliError;
  return new Kind(error.shortCode, message, { cause: error });
}

function cliError(cause: unknown, shortCode: ShortCode, message: string): CliError {
  return new CliError(shortCode, message, { cause });
}
