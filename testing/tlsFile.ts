// The certificates and keys of tls/, for tests (tls/README.md).

import { fileURLToPath } from 'node:url';
import { ROOT } from './root.ts';

export type TlsFileName =
  | 'cert'
  | 'key'
  | 'renewed'
  | 'renewed-key'
  | 'other'
  | 'client'
  | 'client-ca'
  | 'client-expired'
  | 'client-key'
  | 'client-nameless';

/** @returns The path of a PEM file. */
export function tlsFile(name: TlsFileName): string {
  return fileURLToPath(new URL(`testing/tls/${name}.pem`, ROOT));
}
