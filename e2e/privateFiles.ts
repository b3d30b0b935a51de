// Keys and password files as an operator keeps them: `motd` warns of those that other users can
// read.

import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

export function writePrivately(file: string, content: string | Buffer): void {
  writeFileSync(file, content);
  chmodSync(file, 0o600);
}

export function copyPrivately(from: string, to: string): void {
  writePrivately(to, readFileSync(from));
}
