// Allows the default password, or a short one, only if the server is reachable from this machine
// alone.

import { isLocalhost } from '../../access/localhost.ts';
import { addressMatcher, LOOPBACK } from '../../access/source.ts';
import { CliError } from '../cliError.ts';
import { DEFAULT_PASSWORD, type ServeOptions } from './serverOptions.ts';

/** In characters, for a password that others can try (NIST SP 800-63B, section 5.1.1.2). */
export const MIN_PASSWORD_LENGTH = 8;

/**
 * @param host The host on which the server, or a bridge to it, listens or is reached.
 * @param purpose The purpose of the password, for the error.
 * @throws CliError if `host` is not loopback and the password is the default or too short.
 */
export function rejectWeakPassword(
  options: ServeOptions,
  host: string,
  purpose = `to listen on ${host}`,
): void {
  const { password, passwordFile } = options;
  if (passwordFile !== undefined || isLoopback(host)) return;
  if (password === DEFAULT_PASSWORD) {
    throw new CliError(
      'weak-password',
      `the default password is public; set --password or --password-file ${purpose}`,
    );
  }
  if ([...password].length >= MIN_PASSWORD_LENGTH) return;
  throw new CliError(
    'weak-password',
    `${purpose}, the password must have ${MIN_PASSWORD_LENGTH} characters or more; set --password`,
  );
}

/** @param host A name or an address; an IPv6 address may be in brackets, as in a URL. */
function isLoopback(host: string): boolean {
  // For `localhost`, servers use the loopback addresses without a lookup.
  return isLocalhost(host) || addressMatcher(LOOPBACK)(host.replace(/^\[|\]$/g, ''));
}
