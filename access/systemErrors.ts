// Classifies and describes the errors of the operating system, the resolver and TLS by their code.
// Every message about such an error uses these tables.

/**
 * @returns The code of an error of the operating system or of Node (`ECONNREFUSED`), if it has one.
 */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}

export function hasErrorCode(error: unknown, codes: readonly string[]): boolean {
  return codes.includes(errorCode(error) ?? '');
}

/** open(2), socket(2): this process, or the machine, has no file descriptor left. */
export const NO_DESCRIPTOR: readonly string[] = ['EMFILE', 'ENFILE'];

/**
 * Why a connection could not be opened, or failed later. Also the `reason` label of the bridge's
 * metrics.
 */
export type ConnectFailure =
  | 'refused'
  | 'timed_out'
  | 'name_not_found'
  | 'unreachable'
  | 'socket_not_found'
  | 'not_a_socket'
  | 'permission_denied'
  | 'reset'
  | 'out_of_descriptors'
  | 'other';

/** Why TLS failed, nearly always in the handshake. Also a `reason` of the bridge's metrics. */
export type TlsFailure =
  | 'not_tls'
  | 'tls_version'
  | 'tls_closed'
  | 'tls_timed_out'
  | 'tls_rejected'
  | 'tls_error'
  | 'client_certificate'
  | 'certificate_rejected'
  | 'self_signed'
  | 'untrusted'
  | 'wrong_name'
  | 'expired'
  | 'not_yet_valid'
  | 'invalid_certificate';

// The errors of connect(2), getaddrinfo(3), read(2) and write(2).
const CONNECT_FAILURES: Readonly<Record<string, ConnectFailure>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed_out',
  ENOTFOUND: 'name_not_found',
  EAI_AGAIN: 'name_not_found',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'socket_not_found',
  ENOTDIR: 'socket_not_found',
  ENOTSOCK: 'not_a_socket',
  EACCES: 'permission_denied',
  EPERM: 'permission_denied',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  EMFILE: 'out_of_descriptors',
  ENFILE: 'out_of_descriptors',
};

// Node's documentation, "TLS": "X509 certificate error codes"; the others are OpenSSL's, and the
// bridge's own (bridge/relay/tlsConnection.ts).
const TLS_FAILURES: Readonly<Record<string, TlsFailure>> = {
  EPROTO: 'not_tls',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not_tls',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'not_tls',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls_version',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls_version',
  ERR_TLS_HANDSHAKE_CLOSED: 'tls_closed',
  ERR_TLS_HANDSHAKE_TIMEOUT: 'tls_timed_out',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'tls_rejected',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'tls_rejected',
  ERR_SSL_TLSV1_ALERT_ACCESS_DENIED: 'tls_rejected',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'client_certificate',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'certificate_rejected',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'certificate_rejected',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'certificate_rejected',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN: 'certificate_rejected',
  ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: 'certificate_rejected',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'certificate_rejected',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self_signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'untrusted',
  ERR_TLS_CERT_ALTNAME_INVALID: 'wrong_name',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'not_yet_valid',
  CERT_SIGNATURE_FAILURE: 'invalid_certificate',
  CERT_CHAIN_TOO_LONG: 'invalid_certificate',
  CERT_REJECTED: 'invalid_certificate',
  CERT_REVOKED: 'invalid_certificate',
  CERT_UNTRUSTED: 'invalid_certificate',
  INVALID_CA: 'invalid_certificate',
  INVALID_PURPOSE: 'invalid_certificate',
  PATH_LENGTH_EXCEEDED: 'invalid_certificate',
};

const PREDICATES: Readonly<Record<ConnectFailure | TlsFailure, string>> = {
  refused: 'refused the connection',
  timed_out: 'did not answer in time',
  name_not_found: 'has an unknown host name',
  unreachable: 'is unreachable: no route to its network',
  socket_not_found: 'has no socket at its path',
  not_a_socket: 'is not a socket',
  permission_denied: 'cannot be reached: permission denied',
  reset: 'reset the connection',
  out_of_descriptors: 'cannot be reached: out of file descriptors (ulimit -n)',
  other: 'cannot be reached',
  not_tls: 'does not speak TLS',
  tls_version: 'supports no TLS version from 1.2',
  tls_closed: 'closed the connection in the TLS handshake',
  tls_timed_out: 'did not complete the TLS handshake in time',
  tls_rejected: 'rejected the TLS handshake',
  tls_error: 'had a TLS error',
  client_certificate: 'requires a client certificate',
  certificate_rejected: 'rejected the client certificate',
  self_signed: 'has an untrusted certificate',
  untrusted: 'has an untrusted certificate',
  wrong_name: 'has a certificate for another name',
  expired: 'has an expired certificate',
  not_yet_valid: 'has a certificate that is not valid yet',
  invalid_certificate: 'has an invalid certificate',
};

export function connectFailure(error: unknown): ConnectFailure {
  return CONNECT_FAILURES[errorCode(error) ?? ''] ?? 'other';
}

/** @returns `undefined` if the error is not about TLS. */
export function tlsFailure(error: unknown): TlsFailure | undefined {
  return TLS_FAILURES[errorCode(error) ?? ''];
}

/** @returns A predicate for the name or the address of the peer: `refused the connection`. */
export function failurePredicate(failure: ConnectFailure | TlsFailure): string {
  return PREDICATES[failure];
}

// The errors of open(2), read(2) and write(2).
const FILE_FAILURES: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'its file system is read-only',
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  ENXIO: 'it is a socket or a device',
};

/** @returns What is wrong with a file or a folder, with the code: `permission denied (EACCES)`. */
export function describeFileError(code: string): string {
  const description = FILE_FAILURES[code];
  return description === undefined ? code : `${description} (${code})`;
}
