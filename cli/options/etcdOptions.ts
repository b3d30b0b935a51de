// How a server makes itself known to etcd: the flags, and the files they name.

import { Option } from 'commander';
import type { EtcdCredentials, EtcdTls } from '../../server/stores/etcd/etcdCredentials.ts';
import { CliError } from '../cliError.ts';
import { readSecret } from './secretFile.ts';
import { decodeLines } from './textFile.ts';
import { readAuthority, readIdentity } from './tlsFiles.ts';

export interface EtcdOptions {
  etcdUser?: string;
  etcdPasswordFile?: string;
  etcdCa?: string;
  etcdCert?: string;
  etcdKey?: string;
}

export function etcdOptions(): Option[] {
  return [
    new Option('--etcd-user <name>', 'who we are, where etcd asks').env('MOTD_ETCD_USER'),
    new Option('--etcd-password-file <file>', 'a file with the password of --etcd-user').env(
      'MOTD_ETCD_PASSWORD_FILE',
    ),
    new Option(
      '--etcd-ca <file>',
      'speak TLS to etcd, and believe who this certificate vouches for (PEM)',
    ).env('MOTD_ETCD_CA'),
    new Option('--etcd-cert <file>', 'our certificate, where etcd asks for one (PEM)').env(
      'MOTD_ETCD_CERT',
    ),
    new Option('--etcd-key <file>', 'the private key that belongs to it (PEM)').env(
      'MOTD_ETCD_KEY',
    ),
  ];
}

/** @throws CliError where flags do not go together, or a file cannot be read. */
export function etcdCredentialsOf(options: EtcdOptions): EtcdCredentials {
  return { tls: etcdTlsOf(options), auth: etcdAuthOf(options) };
}

/** @returns `undefined` where no flag speaks of TLS: the URL then decides. */
function etcdTlsOf({ etcdCa, etcdCert, etcdKey }: EtcdOptions): EtcdTls | undefined {
  const ours = readIdentity(etcdCert, etcdKey, { cert: '--etcd-cert', key: '--etcd-key' });
  if (etcdCa === undefined && ours === undefined) return undefined;
  return { ...ours, ca: etcdCa === undefined ? undefined : readAuthority(etcdCa, '--etcd-ca') };
}

function etcdAuthOf({ etcdUser, etcdPasswordFile }: EtcdOptions): EtcdCredentials['auth'] {
  if (etcdUser === undefined && etcdPasswordFile === undefined) return undefined;
  if (etcdUser === undefined || etcdPasswordFile === undefined) {
    throw new CliError('a user of etcd needs both --etcd-user and --etcd-password-file');
  }
  return readSecret(etcdPasswordFile, '--etcd-password-file', (bytes) => {
    const [password = ''] = decodeLines(bytes, etcdPasswordFile);
    return { user: etcdUser, password };
  });
}
