// The file of `--users-file`: who may use the page, a line each.

import { type VerifyPassword, verifierForHash } from '../../access/password.ts';
import { CliError } from '../cliError.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';

const FLAG = '--users-file';

/** How the password of each user is checked, by name; there is at least one. */
export type Users = ReadonlyMap<string, VerifyPassword>;

/**
 * Reads lines `NAME:HASH`, the hash as `motd hash-password` prints it. Blank lines are left out,
 * and those that begin with `#`.
 *
 * @throws CliError which names a line, and nothing of what it holds.
 */
export function readUsersFile(file: string): Users {
  return readSecret(file, FLAG, (bytes) => parseUsers(decodeLines(bytes, file), file));
}

function parseUsers(lines: readonly string[], file: string): Users {
  const users = new Map<string, VerifyPassword>();
  for (const [index, line] of lines.entries()) {
    const where = `line ${index + 1} of ${file}`;
    const text = line.trim();
    if (text === '' || text.startsWith('#')) continue;
    const [name, verify] = parseUser(text, where);
    if (users.has(name)) throw new CliError(`${where} names a user again; check ${FLAG}`);
    users.set(name, verify);
  }
  if (users.size === 0) throw new CliError(`no users in ${file}; check ${FLAG}`);
  return users;
}

/** A name holds no colon (RFC 7617, section 2), and neither does a hash. */
function parseUser(text: string, where: string): [string, VerifyPassword] {
  const [, name, hash = ''] = /^([^:]+):([^:]+)$/.exec(text) ?? [];
  const verify = verifierForHash(hash.trim());
  if (name !== undefined && verify !== undefined) return [name.trim(), verify];
  throw new CliError(
    `${where} is not NAME:HASH; check ${FLAG}, and make a hash with: motd hash-password`,
  );
}
