// Everybody knows the default password: with it, nobody but this machine may reach the server.

import { OperatorError } from './operatorError.ts';
import { DEFAULT_PASSWORD } from './options.ts';

/**
 * @param host Where the server, or a bridge to it, is about to listen.
 * @throws OperatorError where others could reach it and the password is the default.
 */
export function refuseKnownPassword(password: string, host: string): void {
  if (password !== DEFAULT_PASSWORD || isLoopback(host)) return;
  throw new OperatorError(
    `everybody knows the default password; set --password to listen on ${host}`,
  );
}

/** Whether only this machine can connect (RFC 1122, section 3.2.1.3; RFC 4291, section 2.5.3). */
function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
