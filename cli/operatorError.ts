// The operator's mistakes: one line that says what to change, and no stack trace.

import { escapeControls } from '../protocol/plainText.ts';

/** A password stands in a URL only by mistake, and then it is not to be repeated (RFC 3986, 3.2.1). */
const PASSWORD_IN_URL = /(:\/\/[^/\s:@']*:)[^/\s@']*@/g;

/** Ends the command with exit status 1 and this message as its only line on stderr. */
export class OperatorError extends Error {
  override name = 'OperatorError';
}

/**
 * Writes one line on standard error, safe for any screen. What is wrong may be named by others: a
 * file's name, a server's reply.
 */
export function complain(message: string): void {
  process.stderr.write(`motd: ${escapeControls(message.replace(PASSWORD_IN_URL, '$1…@'))}\n`);
}

/**
 * Says in words why a server could not listen.
 *
 * @param portFlag The flag that sets the port; its twin for the host is named alike.
 */
export function listenError(error: unknown, where: string, portFlag: string): unknown {
  const hostFlag = portFlag.replace('port', 'host');
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return operatorError(error, `port taken: ${where}; choose another with ${portFlag}`);
    case 'EACCES':
      return operatorError(
        error,
        `not allowed to listen on ${where}; choose a ${portFlag} above 1023`,
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return operatorError(error, `no such address here: ${where}; check ${hostFlag}`);
    case undefined:
      return error;
    default:
      return operatorError(error, `cannot listen on ${where}: ${codeOf(error)}; check ${hostFlag}`);
  }
}

/** Says in words why a client could not connect. */
export function connectError(error: unknown, where: string): unknown {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return operatorError(error, `connection refused: ${where}; is the server running there?`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return operatorError(error, `host unknown: ${where}; check --host`);
    case 'ETIMEDOUT':
      return operatorError(error, `${where} does not answer (ETIMEDOUT); check --host`);
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return operatorError(error, `cannot reach ${where} (${codeOf(error)}); check --host`);
    case 'ECONNRESET':
    case 'EPIPE':
      return operatorError(error, `${where} broke the connection (${codeOf(error)})`);
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return operatorError(error, `no TLS at ${where}: it speaks something else; leave out --tls`);
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return operatorError(
        error,
        `nobody we know vouches for ${where}; name its certificate with --tls-ca`,
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return operatorError(error, `the certificate of ${where} is for another name; check --host`);
    case 'CERT_HAS_EXPIRED':
      return operatorError(error, `the certificate of ${where} has expired`);
    case undefined:
      return error;
    default:
      return operatorError(error, `cannot connect to ${where}: ${codeOf(error)}; check --host`);
  }
}

/** The same for one of several servers, behind its name. */
export function connectErrorInShort(error: unknown): string {
  switch (codeOf(error)) {
    case 'ECONNREFUSED':
      return 'refused the connection';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'is an unknown host';
    case 'ETIMEDOUT':
      return 'does not answer';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'cannot be reached';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'broke the connection';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'speaks no TLS';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'is vouched for by nobody we know';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return 'has a certificate for another name';
    case 'CERT_HAS_EXPIRED':
      return 'has a certificate that has expired';
    case undefined:
      throw error;
    default:
      return `cannot be reached (${codeOf(error)})`;
  }
}

/** Says in words why a file could not be read. */
export function fileError(error: unknown, file: string, flag: string): unknown {
  switch (codeOf(error)) {
    case 'ENOENT':
      return operatorError(error, `no such file: ${file}; check ${flag}`);
    case undefined:
      return error;
    default:
      return operatorError(error, `cannot read ${file}: ${codeOf(error)}; check ${flag}`);
  }
}

function operatorError(cause: unknown, message: string): OperatorError {
  return new OperatorError(message, { cause });
}

/** The code of an error of the operating system or of Node. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error ? String(error.code) : undefined;
}
