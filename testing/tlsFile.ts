// The certificates and keys of tls/, for tests (tls/README.md).

import { fileURLToPath } from 'node:url';
import { ROOT } from './root.ts';

/** @returns The path of a PEM file. */
export function tlsFile(name: 'cert' | 'key' | 'renewed' | 'renewed-key' | 'other'): string {
  return fileURLToPath(new URL(`testing/tls/${name}.pem`, ROOT));
}
