// A file with what `motd hash-password` wrote.

import { type VerifyPassword, verifierForHash } from '../../access/password.ts';
import { CliError } from '../cliError.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';

/**
 * Reads a password file: its first line is the hash.
 *
 * @param flag The flag that named it, for what is said where it is of no use.
 * @throws CliError
 */
export function readPasswordFile(file: string, flag: string): VerifyPassword {
  return readSecret(file, flag, (bytes) => {
    const [line = ''] = decodeLines(bytes, file);
    const verify = verifierForHash(line.trim());
    if (verify !== undefined) return verify;
    throw new CliError(
      `no password hash in ${file}; make one: (umask 077; motd hash-password > ${file})`,
    );
  });
}
