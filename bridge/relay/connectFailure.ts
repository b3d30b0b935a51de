// Why a target could not be reached, or was lost: a word for the metrics, and a sentence that fits
// a close frame (123 bytes; RFC 6455, section 5.5).

import type { Target } from './targets.ts';

export type ConnectFailure =
  | 'refused'
  | 'timed_out'
  | 'name_not_found'
  | 'unreachable'
  | 'no_socket'
  | 'forbidden'
  | 'broken'
  | 'no_descriptors'
  | 'other';

// The errors of connect(2), getaddrinfo(3), read(2) and write(2).
const FAILURES: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed_out',
  ENOTFOUND: 'name_not_found',
  EAI_AGAIN: 'name_not_found',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'no_socket',
  EACCES: 'forbidden',
  EPERM: 'forbidden',
  ECONNRESET: 'broken',
  EPIPE: 'broken',
  EMFILE: 'no_descriptors',
  ENFILE: 'no_descriptors',
};

const WORDS: Record<ConnectFailure, string> = {
  refused: ' refused the connection: is it running?',
  timed_out: ' did not answer in time',
  name_not_found: ': its host name was not found',
  unreachable: ' cannot be reached from here: no way leads to its network',
  no_socket: ': its socket is not there; is it running?',
  forbidden: ': the bridge may not connect to it',
  broken: ' broke the connection',
  no_descriptors: ': the bridge is out of file descriptors (ulimit -n)',
  other: ' could not be reached',
};

export function connectFailure({ code = '' }: NodeJS.ErrnoException): ConnectFailure {
  return FAILURES[code] ?? 'other';
}

export function describeFailure(failure: ConnectFailure, { name }: Target): string {
  return `${name}${WORDS[failure]}`;
}
