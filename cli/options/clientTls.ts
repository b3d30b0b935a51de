// Reads the CA that a client trusts, and its own certificate. tlsFiles.ts is loaded for files only:
// loading OpenSSL takes a client longer than its request.

import type { ClientTls } from '../../client/connect.ts';
import type { ServersOptions } from './clientOptions.ts';

type TlsFlags = Pick<ServersOptions, 'tls' | 'tlsCa' | 'tlsCert' | 'tlsKey'>;

/**
 * @returns `undefined` if a client does not use TLS.
 * @throws CliError if a file is invalid, or the certificate and the key are not a pair.
 */
export async function clientTlsOf(flags: TlsFlags): Promise<ClientTls | undefined> {
  const { tls, tlsCa, tlsCert, tlsKey } = flags;
  if ((tlsCa ?? tlsCert ?? tlsKey) === undefined) return tls ? {} : undefined;
  const { readCa, readIdentity } = await import('./tlsFiles.ts');
  const identity = readIdentity(tlsCert, tlsKey, { cert: '--tls-cert', key: '--tls-key' });
  return { ...(tlsCa !== undefined && { ca: readCa(tlsCa, '--tls-ca') }), ...identity };
}
