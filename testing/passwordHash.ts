// Password hashes as `motd hash-password` prints them, with a cost that the test chooses.

import { scryptSync } from 'node:crypto';

/** The output of `motd hash-password` for 'first password' and for 'second password'. */
export const FIRST_PASSWORD_HASH =
  '$scrypt$ln=15,r=8,p=3$I04GHHlLrX8OksenyxEa1w$A1pA6hH1MaVsDxQTU5SdMb78E2/C4uX8hIsy3YodD/4';
export const SECOND_PASSWORD_HASH =
  '$scrypt$ln=15,r=8,p=3$MGY6PqpFokwikC2YOkLIiw$ogoeDs1G4cjHhbQ3Ae6PumTM+imtGyU+xW1vmHq3JA8';

/** The cheapest that scrypt allows: for tests that check many passwords. */
const CHEAPEST = { logCost: 1, blockSize: 1, parallelism: 1 };

/** @returns scrypt in the PHC string format, base64 without padding. */
export function passwordHash(password: string, cost = CHEAPEST): string {
  const { logCost, blockSize, parallelism } = cost;
  const salt = Buffer.alloc(16, 'salt');
  const options = { N: 2 ** logCost, r: blockSize, p: parallelism, maxmem: 2 ** 27 };
  const hash = scryptSync(password, salt, 32, options);
  const base64 = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$scrypt$ln=${logCost},r=${blockSize},p=${parallelism}$${base64(salt)}$${base64(hash)}`;
}
