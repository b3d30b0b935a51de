// `motd bridge`: the bridge and the page alone, in this process or in several.

import { existsSync } from 'node:fs';
import { replaceCertificate } from '../../bridge/http/httpServer.ts';
import { announce, type BridgeOptions, PAGE_DIR, startBridge } from '../bridge/bridgeApp.ts';
import { UserPasswords } from '../bridge/userPasswords.ts';
import { isBridgeWorker } from '../bridge/workerProtocol.ts';
import { CliError } from '../cliError.ts';
import { onStopRequest } from '../lifecycle.ts';
import { readTlsIdentity } from '../options/tlsFiles.ts';
import { exitWhenFlushed } from '../output.ts';
import { reloading } from '../reload.ts';
import type { Environment } from '../supervisor.ts';

/**
 * Bridges until a stop request.
 *
 * @param environment The environment twins of its flags that were given; its workers take them.
 */
export async function bridge(options: BridgeOptions, environment: Environment): Promise<void> {
  if (!existsSync(PAGE_DIR)) throw new CliError('the page is not built; run: npm run build');
  if (isBridgeWorker()) {
    const { runWorker } = await import('../bridge/bridgeWorker.ts');
    await runWorker(options);
  } else if (options.workers > 1) {
    const { runPrimary } = await import('../bridge/bridgePrimary.ts');
    await runPrimary(options, environment);
  } else await bridgeAlone(options);
}

async function bridgeAlone(options: BridgeOptions): Promise<void> {
  const tls = readTlsIdentity(options);
  const users = UserPasswords.fromFile(options.usersFile);
  const { app, endpoint } = await startBridge(options, {
    tls,
    checkPassword: users?.check,
    logins: users?.logins,
  });

  const renewCertificate = () => {
    const renewed = readTlsIdentity(options);
    if (renewed !== undefined) replaceCertificate(app, renewed);
  };
  onStopRequest(
    () => void app.close().then(exitWhenFlushed),
    reloading(
      {
        'The certificate': tls && renewCertificate,
        'The list of users': users?.reload,
      },
      options.log,
    ),
  );
  announce(options, endpoint);
}
