// A password that can be looked up or guessed is for this machine alone.

import { isLocalhost } from '../../access/localhost.ts';
import { addressMatcher } from '../../access/source.ts';
import { CliError } from '../cliError.ts';
import { LOOPBACK } from './options.ts';
import { DEFAULT_PASSWORD, type ServeOptions } from './serverOptions.ts';

/** The least a password may have where others can try it (NIST SP 800-63B, section 5.1.1.2). */
export const SHORTEST_PASSWORD = 8;

/**
 * @param host Where the server, or a bridge to it, is about to listen, or is found.
 * @param purpose What the password has to be good for, in words.
 * @throws CliError where others could reach it and the password is the default or a short one.
 */
export function refuseWeakPassword(
  options: ServeOptions,
  host: string,
  purpose = `to listen on ${host}`,
): void {
  const { password, passwordFile } = options;
  if (passwordFile !== undefined || isLoopback(host)) return;
  if (password === DEFAULT_PASSWORD) {
    throw new CliError(
      `everybody knows the default password; set --password or --password-file ${purpose}`,
    );
  }
  if ([...password].length >= SHORTEST_PASSWORD) return;
  throw new CliError(
    `${purpose}, the password has to have ${SHORTEST_PASSWORD} characters or more; set --password`,
  );
}

/** @param host A name or an address; an IPv6 address may stand in brackets, as in a URL. */
function isLoopback(host: string): boolean {
  // Of `localhost`, servers take the loopback addresses whatever a lookup says.
  return isLocalhost(host) || addressMatcher(LOOPBACK)(host.replace(/^\[|\]$/g, ''));
}
