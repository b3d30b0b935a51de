// The command line of a member of a test's cluster.

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalEtcdOptions } from './etcd.ts';
import { type EtcdMemberPorts, etcdArguments } from './etcdArguments.ts';
import { tlsFile } from './tlsFile.ts';

/** @param all Every member of the cluster, this one included. */
export function localEtcdArguments(
  member: EtcdMemberPorts,
  all: readonly EtcdMemberPorts[],
  folder: string,
  { quotaBytes, jwt, tls = false, usesDefaults }: LocalEtcdOptions,
): string[] {
  return [
    ...etcdArguments(member, all, { folder, tls }),
    // The shortest that etcd's tuning page allows on one machine, so that tests wait less.
    ...(usesDefaults ? [] : ['--heartbeat-interval', '50', '--election-timeout', '500']),
    ...['--logger', 'zap', '--log-level', 'error', '--log-outputs', 'stderr'],
    ...(quotaBytes === undefined ? [] : ['--quota-backend-bytes', String(quotaBytes)]),
    ...(jwt ? ['--auth-token', jwtOptions(folder)] : []),
    ...(tls ? ['--cert-file', tlsFile('cert'), '--key-file', tlsFile('key')] : []),
  ];
}

/** See `etcd --help`, `--auth-token`. */
function jwtOptions(folder: string): string {
  const [privateFile, publicFile] = [join(folder, 'key'), join(folder, 'key.pub')];
  if (!existsSync(privateFile)) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    writeFileSync(privateFile, privateKey.export({ type: 'pkcs1', format: 'pem' }));
    writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  }
  return `jwt,pub-key=${publicFile},priv-key=${privateFile},sign-method=RS256,ttl=10m`;
}
