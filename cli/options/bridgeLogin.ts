// Reads the user and the password for a bridge. They are not flags, which other users can see.

import { CliError } from '../cliError.ts';
import type { ServersOptions } from './clientOptions.ts';
import { ownVariable } from './environment.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';

/** A user name contains no colon (RFC 7617, section 2). */
const LOGIN = /^[^:]+:./;

/**
 * @returns `USER:PASSWORD`; `undefined` if none is given, or no server is behind a bridge.
 * @throws CliError if the file cannot be read, or has another form.
 */
export function bridgeLoginOf({ servers, loginFile }: ServersOptions): string | undefined {
  if (!servers.some((server) => 'url' in server)) return undefined;
  if (loginFile === undefined) return checked(ownVariable('MOTD_LOGIN'), 'MOTD_LOGIN');
  return readSecret(loginFile, '--login-file', (bytes) => {
    const [line = ''] = decodeLines(bytes, loginFile);
    return checked(line, loginFile);
  });
}

function checked(login: string | undefined, where: string): string | undefined {
  if (login === undefined || LOGIN.test(login)) return login;
  throw new CliError('invalid-file', `no user and password in ${where}; write USER:PASSWORD`);
}
