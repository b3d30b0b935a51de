// Warns of files that others may read or write: passwords, keys and certificates.

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { ownVariable } from './environment.ts';
import { complain } from './operatorError.ts';

const READABLE_BY_GROUP = 0o040;
const READABLE_BY_ALL = 0o004;
const WRITABLE_BY_OTHERS = 0o022;

/** Writes a line on standard error for each thing that is wrong with who may use a file. */
export function warnOfOthers(
  file: string,
  flag: string,
  { isSecret }: { isSecret: boolean },
): void {
  for (const warning of warningsAbout(file, flag, { isSecret })) complain(`warning: ${warning}`);
}

/**
 * Looks at who may use a file besides us and root. The group of a file of root's may read it, as
 * PostgreSQL has it for `ssl_key_file`.
 *
 * @param flag The flag that named it.
 * @throws Node's error if there is no such file.
 */
export function warningsAbout(
  file: string,
  flag: string,
  { isSecret }: { isSecret: boolean },
): string[] {
  const uid = process.getuid?.();
  // Windows has other rules; what systemd passes is for the service alone (systemd.exec(5)).
  if (uid === undefined || dirname(file) === ownVariable('CREDENTIALS_DIRECTORY')) return [];
  const stats = statSync(file);
  // A pipe, as in --password-file <(command), is nobody else's.
  if (!stats.isFile()) return [];
  const warnings = [];
  if (stats.uid !== uid && stats.uid !== 0) {
    warnings.push(`${file} belongs to another user, who may change it; check ${flag}`);
  }
  const mayGroupRead = stats.uid === 0 && uid !== 0;
  const readable = mayGroupRead ? READABLE_BY_ALL : READABLE_BY_ALL | READABLE_BY_GROUP;
  const tooMuch = WRITABLE_BY_OTHERS | (isSecret ? readable : 0);
  if ((stats.mode & tooMuch) !== 0) {
    const verb = (stats.mode & WRITABLE_BY_OTHERS) === 0 ? 'read' : 'write';
    const mode = (stats.mode & 0o777).toString(8).padStart(4, '0');
    const cure = `chmod ${isSecret ? 'go=' : 'go-w'} ${file}`;
    warnings.push(`others may ${verb} ${file} (mode ${mode}); check ${flag}, and run: ${cure}`);
  }
  return warnings;
}
