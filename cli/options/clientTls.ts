// Reads the CA that a client trusts, and its own certificate. tlsFiles.ts is loaded for a certificate
// only: loading OpenSSL takes a client longer than its request.

import type { ClientTls } from '../../client/connect.ts';
import type { ServersOptions } from './clientOptions.ts';
import { readFile } from './readFile.ts';

type TlsFlags = Pick<ServersOptions, 'tls' | 'tlsCa' | 'tlsCert' | 'tlsKey'>;

/**
 * @returns `undefined` if a client does not use TLS.
 * @throws CliError if a file cannot be read, or the certificate and the key are not a pair.
 */
export async function clientTlsOf(flags: TlsFlags): Promise<ClientTls | undefined> {
  const { tls, tlsCa } = flags;
  const identity = await identityOf(flags);
  if (!tls && tlsCa === undefined && identity === undefined) return undefined;
  return { ...(tlsCa !== undefined && { ca: readFile(tlsCa, '--tls-ca') }), ...identity };
}

async function identityOf({ tlsCert, tlsKey }: TlsFlags): Promise<ClientTls | undefined> {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  const { readIdentity } = await import('./tlsFiles.ts');
  return readIdentity(tlsCert, tlsKey, { cert: '--tls-cert', key: '--tls-key' });
}
