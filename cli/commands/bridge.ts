// `motd bridge`: runs the bridge and the page, in this process or in workers.

import { existsSync } from 'node:fs';
import { replaceCertificate } from '../../bridge/http/httpServer.ts';
import { TargetList } from '../../bridge/relay/targetList.ts';
import {
  addressFrom,
  announceBridge,
  type BridgeOptions,
  PAGE_DIR,
  startBridgeApp,
} from '../bridge/bridgeApp.ts';
import { isBridgeWorker } from '../bridge/bridgeProtocol.ts';
import { areTargetsFromFiles, readTargets } from '../bridge/bridgeTargets.ts';
import { collectOnOneThread } from '../bridge/collectOnOneThread.ts';
import { outageLog } from '../bridge/outageLog.ts';
import { Outages } from '../bridge/outages.ts';
import { prepareRecordingFolder } from '../bridge/recordings.ts';
import { UserPasswords } from '../bridge/userPasswords.ts';
import { CliError } from '../cliError.ts';
import { onStopRequest } from '../lifecycle.ts';
import { readTlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed } from '../output.ts';
import { reloadHandler } from '../reload.ts';
import type { Environment } from '../supervisor.ts';

/**
 * Runs the bridge until a stop request.
 *
 * @param environment The environment variables of its flags, for its workers.
 */
export async function bridge(options: BridgeOptions, environment: Environment): Promise<void> {
  collectOnOneThread();
  if (!existsSync(PAGE_DIR)) throw new CliError('the page is not built; run: npm run build');
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
  const outages = new Outages(outageLog(options.log));
  targets.onReplace(() => outages.keepTargets(targets.all));
  const { app, address } = await startBridgeApp(
    options,
    addressFrom(options),
    targets,
    { tls, checkPassword: users?.check, logins: users?.logins },
    (...outcome) => outages.report(...outcome),
  );

  const reloadCertificate = () => {
    const identity = readTlsIdentity(options);
    if (identity !== undefined) replaceCertificate(app, identity);
  };
  const reloadTargets = () => targets.replace(readTargets(options));
  onStopRequest(
    () => void app.close().then(exitWhenFlushed),
    reloadHandler(
      {
        'The certificate': tls && reloadCertificate,
        'The list of users': users?.reload,
        'The list of targets': areTargetsFromFiles(options) ? reloadTargets : undefined,
      },
      options.log,
    ),
  );
  announceBridge(options, address);
}
