// Why a target could not be reached, or its connection failed, as a sentence that fits into a close
// frame (123 bytes; RFC 6455, section 5.5). A browser reads it, so it names no address.

import {
  type ConnectFailure,
  connectFailure,
  errorCode,
  failurePredicate,
  type TlsFailure,
  tlsFailure,
} from '../../access/systemErrors.ts';
import type { Target } from './targets.ts';

/** Also the `reason` label of the metrics. */
export type TargetFailure = ConnectFailure | TlsFailure;

const HINTS: Partial<Record<TargetFailure, string>> = {
  refused: ': is it running?',
  socket_not_found: ': is it running?',
  tls_closed: ': does it speak TLS?',
  tls_timed_out: ': does it speak TLS?',
  self_signed: ': self-signed',
  untrusted: ': its CA is unknown',
};

/** Classifies an error of the connection to a target. */
export function targetFailure(error: unknown): TargetFailure {
  const isOpenssl = errorCode(error)?.startsWith('ERR_SSL_') ?? false;
  return tlsFailure(error) ?? (isOpenssl ? 'tls_error' : connectFailure(error));
}

export function describeFailure(failure: TargetFailure, { name }: Pick<Target, 'name'>): string {
  return `${name} ${failurePredicate(failure)}${HINTS[failure] ?? ''}`;
}
