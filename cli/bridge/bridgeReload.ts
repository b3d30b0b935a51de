// What SIGHUP reloads in a bridge, in one process or as a primary.

import type { Targets } from '../../bridge/relay/targetList.ts';
import { readTlsIdentity, type TlsIdentity } from '../options/tlsFiles.ts';
import { reloadHandler } from '../reload.ts';
import type { BridgeOptions } from './bridgeApp.ts';
import { areTargetsFromFiles, readTargetCa, readTargets } from './bridgeTargets.ts';
import type { ReloadableUsers } from './userPasswords.ts';

/** What a reload changes. */
export interface Replaceable {
  users: ReloadableUsers | undefined;
  replaceCertificate(tls: TlsIdentity): void;
  replaceTargetCa(pem: Buffer): void;
  replaceTargets(targets: Targets): void | Promise<void>;
}

/** @returns `undefined` if there is nothing to reload. */
export function bridgeReload(options: BridgeOptions, bridge: Replaceable) {
  const reloadCertificate = () => {
    const tls = readTlsIdentity(options);
    if (tls !== undefined) bridge.replaceCertificate(tls);
  };
  const reloadTargetCa = () => {
    const pem = readTargetCa(options);
    if (pem !== undefined) bridge.replaceTargetCa(pem);
  };
  const reloadTargets = async () => {
    const targets = readTargets(options);
    await bridge.replaceTargets(targets);
    return targets.length === 1 ? '1 target' : `${targets.length} targets`;
  };
  return reloadHandler(
    {
      'The certificate': options.tlsCert === undefined ? undefined : reloadCertificate,
      'The list of users': bridge.users?.reload,
      'The list of target CAs': options.targetCa === undefined ? undefined : reloadTargetCa,
      'The list of targets': areTargetsFromFiles(options) ? reloadTargets : undefined,
    },
    options.log,
  );
}
