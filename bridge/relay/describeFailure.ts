// Why a target could not be reached, or its connection failed, as a sentence. That for the page fits
// into a close frame (123 bytes; RFC 6455, section 5.5), and names no address. The operator also gets
// the details.

import { errorMessage } from '../../access/errorMessage.ts';
import {
  type ConnectFailure,
  connectFailure,
  errorCode,
  failurePredicate,
  type TlsFailure,
  tlsFailure,
} from '../../access/systemErrors.ts';
import type { Target } from './targets.ts';

/** In UTF-16 units. The number of names in a certificate is not bounded. */
const MAX_REASON_LENGTH = 300;

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

/** A server of TLS 1.3 may report these after the handshake, when the client is connected. */
export function isClientCertificateFailure(failure: TargetFailure): boolean {
  return failure === 'client_certificate' || failure === 'certificate_rejected';
}

/** @returns A sentence for the page. */
export function describeFailure(failure: TargetFailure, { name }: Pick<Target, 'name'>): string {
  return `${name} ${failurePredicate(failure)}${HINTS[failure] ?? ''}`;
}

/** @returns The same sentence with the details, for the log. */
export function explainFailure(error: unknown, target: Pick<Target, 'name'>): string {
  const failure = targetFailure(error);
  const detail = detailOf(failure, error);
  return describeFailure(failure, target) + (detail === undefined ? '' : ` (${detail})`);
}

/** @returns Which names a certificate has, which check it failed, or what no sentence describes. */
function detailOf(failure: TargetFailure, error: unknown): string | undefined {
  switch (failure) {
    case 'wrong_name':
      return nameMismatch(error);
    case 'self_signed':
    case 'untrusted':
    case 'expired':
    case 'not_yet_valid':
    case 'invalid_certificate':
    case 'tls_error':
      return errorCode(error);
    case 'other':
      return errorMessage(error);
    default:
      return undefined;
  }
}

/** @returns Node's reason, which has the names in the certificate ("tls.checkServerIdentity"). */
function nameMismatch(error: unknown): string | undefined {
  if (!(error instanceof Error && 'reason' in error)) return undefined;
  const reason = String(error.reason);
  return reason.length > MAX_REASON_LENGTH ? `${reason.slice(0, MAX_REASON_LENGTH)}…` : reason;
}
