// Reads the CA that a client trusts. It is apart from tlsFiles.ts because loading OpenSSL takes a
// client longer than its request.

import type { ServersOptions } from './clientOptions.ts';
import { readPem } from './readPem.ts';

/**
 * @returns The CA that a client trusts; `undefined` if it does not use TLS.
 * @throws CliError if the file cannot be read.
 */
export function clientTlsOf({
  tls,
  tlsCa,
}: Pick<ServersOptions, 'tls' | 'tlsCa'>): { ca: Buffer | undefined } | undefined {
  if (!tls && tlsCa === undefined) return undefined;
  return { ca: tlsCa === undefined ? undefined : readPem(tlsCa, '--tls-ca') };
}
