// The flags for credentials of etcd, and the files they name.

import { Option } from 'commander';
import type { EtcdCredentials, EtcdTls } from '../../server/stores/etcd/etcdCredentials.ts';
import { UsageError } from '../cliError.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';
import { readCa, readIdentity } from './tlsFiles.ts';

export interface EtcdOptions {
  etcdUser?: string;
  etcdPasswordFile?: string;
  etcdCa?: string;
  etcdCert?: string;
  etcdKey?: string;
}

export function etcdOptions(): Option[] {
  return [
    new Option('--etcd-user <name>', 'user name for etcd').env('MOTD_ETCD_USER'),
    new Option('--etcd-password-file <file>', 'file with the password of --etcd-user').env(
      'MOTD_ETCD_PASSWORD_FILE',
    ),
    new Option(
      '--etcd-ca <file>',
      'use TLS to etcd, and trust certificates signed by this CA (PEM)',
    ).env('MOTD_ETCD_CA'),
    new Option('--etcd-cert <file>', 'use TLS to etcd, with this client certificate (PEM)').env(
      'MOTD_ETCD_CERT',
    ),
    new Option('--etcd-key <file>', 'private key of --etcd-cert (PEM, unencrypted)').env(
      'MOTD_ETCD_KEY',
    ),
  ];
}

/** @throws CliError if flags are missing, or a file is invalid. */
export function etcdCredentialsOf(options: EtcdOptions): EtcdCredentials {
  return { tls: etcdTlsOf(options), auth: etcdAuthOf(options) };
}

/** @returns `undefined` without any TLS flag: the URL then decides. */
function etcdTlsOf({ etcdCa, etcdCert, etcdKey }: EtcdOptions): EtcdTls | undefined {
  const identity = readIdentity(etcdCert, etcdKey, { cert: '--etcd-cert', key: '--etcd-key' });
  if (etcdCa === undefined && identity === undefined) return undefined;
  return { ...identity, ca: etcdCa === undefined ? undefined : readCa(etcdCa, '--etcd-ca') };
}

function etcdAuthOf({ etcdUser, etcdPasswordFile }: EtcdOptions): EtcdCredentials['auth'] {
  if (etcdUser === undefined && etcdPasswordFile === undefined) return undefined;
  if (etcdUser === undefined || etcdPasswordFile === undefined) {
    throw new UsageError(
      'missing-flag',
      'an etcd user needs both --etcd-user and --etcd-password-file',
    );
  }
  return readSecret(etcdPasswordFile, '--etcd-password-file', (bytes) => {
    const [password = ''] = decodeLines(bytes, etcdPasswordFile);
    return { user: etcdUser, password };
  });
}
