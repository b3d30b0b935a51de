// Reads the CA that a client trusts, and its own certificate. tlsFiles.ts is loaded for files only:
// loading OpenSSL takes a client longer than its request.

import type { ClientTls, ServerAddress } from '../../client/connect.ts';
import type { ServersOptions } from './clientOptions.ts';

/**
 * @returns `undefined` if no server uses TLS.
 * @throws CliError if a file is invalid, or the certificate and the key are not a pair.
 */
export async function clientTlsOf(options: ServersOptions): Promise<ClientTls | undefined> {
  const { servers, tlsCa, tlsCert, tlsKey } = options;
  if (!servers.some((server) => usesTls(server, options))) return undefined;
  if ((tlsCa ?? tlsCert ?? tlsKey) === undefined) return {};
  const { readCa, readIdentity } = await import('./tlsFiles.ts');
  const identity = readIdentity(tlsCert, tlsKey, { cert: '--tls-cert', key: '--tls-key' });
  return { ...(tlsCa !== undefined && { ca: readCa(tlsCa, '--tls-ca') }), ...identity };
}

export function usesTls(
  server: ServerAddress,
  { tlsSwitch }: Pick<ServersOptions, 'tlsSwitch'>,
): boolean {
  if ('url' in server) return server.url.protocol === 'wss:';
  return 'host' in server && tlsSwitch !== undefined;
}
