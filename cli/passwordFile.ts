// A file with what `motd hash-password` wrote.

import { readFileSync } from 'node:fs';
import { type VerifyPassword, verifierForHash } from '../access/password.ts';
import { fileError, OperatorError } from './operatorError.ts';
import { warnOfOthers } from './secretFiles.ts';

/**
 * Reads a password file: its first line is the hash.
 *
 * @param flag The flag that named it, for what is said where it is of no use.
 * @throws OperatorError
 */
export function readPasswordFile(file: string, flag: string): VerifyPassword {
  const [line = ''] = readText(file, flag).split('\n');
  const verify = verifierForHash(line.trim());
  if (verify !== undefined) {
    warnOfOthers(file, flag, { isSecret: true });
    return verify;
  }
  throw new OperatorError(`no password hash in ${file}; make one: motd hash-password > ${file}`);
}

/** @throws OperatorError */
export function readText(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw fileError(error, file, flag);
  }
}
