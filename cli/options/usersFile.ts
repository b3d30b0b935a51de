// Reads `--users-file`: the users of the page, one per line.

import { type VerifyPassword, verifierForHash } from '../../access/password.ts';
import { CliError } from '../cliError.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';

const FLAG = '--users-file';

/** The password verifiers by user name; at least one. */
export type Users = ReadonlyMap<string, VerifyPassword>;

/**
 * Reads lines `NAME:HASH`, with hashes by `motd hash-password`. Skips blank lines, and comments
 * that start with `#`.
 *
 * @throws CliError that names the number of the invalid line, without its content.
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
    if (users.has(name))
      throw new CliError('invalid-file', `${where} repeats a user name; check ${FLAG}`);
    users.set(name, verify);
  }
  if (users.size === 0) throw new CliError('invalid-file', `no users in ${file}; check ${FLAG}`);
  return users;
}

/** Neither a name (RFC 7617, section 2) nor a hash contains a colon. */
function parseUser(text: string, where: string): [string, VerifyPassword] {
  const [, name, hash = ''] = /^([^:]+):([^:]+)$/.exec(text) ?? [];
  const verify = verifierForHash(hash.trim());
  if (name !== undefined && verify !== undefined) return [name.trim(), verify];
  throw new CliError(
    'invalid-file',
    `${where} is not NAME:HASH; check ${FLAG}, and make a hash with: motd hash-password`,
  );
}
