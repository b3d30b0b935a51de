// Reads a password file, as written by `motd hash-password`.

import { type VerifyPassword, verifierForHash } from '../../access/password.ts';
import { CliError } from '../cliError.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';

/**
 * Reads the hash in the first line of a file.
 *
 * @param flag The flag that names the file, for errors and warnings.
 * @throws CliError
 */
export function readPasswordFile(file: string, flag: string): VerifyPassword {
  return readSecret(file, flag, (bytes) => {
    const [line = ''] = decodeLines(bytes, file);
    const verify = verifierForHash(line.trim());
    if (verify !== undefined) return verify;
    throw new CliError(
      'invalid-file',
      `no password hash in ${file}; make one: (umask 077; motd hash-password > ${file})`,
    );
  });
}
