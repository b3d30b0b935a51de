// `motd bridge`: runs the bridge and the page, in this process or in workers.

import { existsSync } from 'node:fs';
import { replaceCertificate } from '../../bridge/http/httpServer.ts';
import { TargetCas } from '../../bridge/relay/targetCas.ts';
import { TargetList } from '../../bridge/relay/targetList.ts';
import {
  addressFrom,
  announceBridge,
  type BridgeOptions,
  PAGE_DIR,
  startBridgeApp,
} from '../bridge/bridgeApp.ts';
import { isBridgeWorker } from '../bridge/bridgeProtocol.ts';
import { bridgeReload } from '../bridge/bridgeReload.ts';
import { readTargetCa, readTargets } from '../bridge/bridgeTargets.ts';
import { collectOnOneThread } from '../bridge/collectOnOneThread.ts';
import { outageLog } from '../bridge/outageLog.ts';
import { Outages } from '../bridge/outages.ts';
import { prepareRecordingFolder } from '../bridge/recordings.ts';
import { UserPasswords } from '../bridge/userPasswords.ts';
import { CliError } from '../cliError.ts';
import { onStopRequest } from '../lifecycle.ts';
import { readTlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed } from '../output.ts';
import type { Environment } from '../supervisor.ts';

/**
 * Runs the bridge until a stop request.
 *
 * @param environment The environment variables of its flags, for its workers.
 */
export async function bridge(options: BridgeOptions, environment: Environment): Promise<void> {
  collectOnOneThread();
  if (!existsSync(PAGE_DIR))
    throw new CliError('page-not-built', 'the page is not built; run: npm run build');
  if (isBridgeWorker()) {
    const { runWorker } = await import('../bridge/bridgeWorker.ts');
    await runWorker(options);
    return;
  }
  prepareRecordingFolder(options);
  if (options.workers > 1) {
    const { runPrimary } = await import('../bridge/bridgePrimary.ts');
    await runPrimary(options, environment);
  } else await runBridge(options);
}

async function runBridge(options: BridgeOptions): Promise<void> {
  const tls = readTlsIdentity(options);
  const users = UserPasswords.fromFile(options.usersFile);
  const targets = new TargetList(readTargets(options));
  const targetCas = new TargetCas(readTargetCa(options));
  const outages = new Outages(outageLog(options.log));
  targets.onReplace(() => outages.keepTargets(targets.all));
  const { app, address } = await startBridgeApp(
    options,
    addressFrom(options),
    { targets, targetCas, tls, checkPassword: users?.check, logins: users?.logins },
    (...outcome) => outages.report(...outcome),
  );

  const reload = bridgeReload(options, {
    users,
    replaceCertificate: (identity) => replaceCertificate(app, identity),
    replaceTargetCa: (pem) => targetCas.replace(pem),
    replaceTargets: (list) => targets.replace(list),
  });
  onStopRequest(() => void app.close().then(exitWhenFlushed), reload);
  announceBridge(options, address);
}
