// The certificates and keys of tls/, for tests (tls/README.md).

import { fileURLToPath } from 'node:url';
import { ROOT } from './root.ts';

export type TlsFile =
  | 'cert'
  | 'key'
  | 'renewed'
  | 'renewed-key'
  | 'other'
  | 'ca'
  | 'signed'
  | 'expired'
  | 'future'
  | 'elsewhere'
  | 'client'
  | 'client-ca'
  | 'client-expired'
  | 'client-key'
  | 'client-nameless';

/** @returns The path of a PEM file. */
export function tlsFile(name: TlsFile): string {
  return fileURLToPath(new URL(`testing/tls/${name}.pem`, ROOT));
}
