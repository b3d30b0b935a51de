// Defines `motd up`, `serve` and `bridge`.

import { type Command, Option } from 'commander';
import {
  bridgeRuleOptions,
  httpOptions,
  readyUrlOption,
  targetCaOption,
  targetOption,
  targetsFileOption,
  usersOption,
} from '../options/bridgeOptions.ts';
import { environmentForChild, environmentOf } from '../options/environment.ts';
import { feedOption, feedPageOptions } from '../options/feedOptions.ts';
import {
  clientCaOption,
  idleTimeoutOption,
  logOption,
  tlsOptions,
  trustProxyOption,
} from '../options/options.ts';
import { proxyKeyOption } from '../options/proxyKey.ts';
import {
  healthOptions,
  listenAddressOptions,
  serverOptions,
  serverWorkersOption,
} from '../options/serverOptions.ts';
import { startCommandOption } from '../options/startCommand.ts';
import { isServerWorker } from '../server/serverProtocol.ts';
import { addCommand } from './addCommand.ts';

export function addServiceCommands(program: Command): void {
  const upCommand = addCommand(program, 'up', 'run the server, the bridge and the page', [
    ...listenAddressOptions(),
    ...serverOptions(),
    ...httpOptions(),
    ...bridgeRuleOptions(),
    ...feedPageOptions(),
    trustProxyOption(
      'client address (PROXY header, X-Forwarded-For)',
      'its own bridge for TCP, none for HTTP',
    ),
    ...tlsOptions('serve the page over TLS'),
    clientCaOption(),
    usersOption(),
    serverWorkersOption('--server-workers'),
    new Option('--open', 'open the page in the browser; as a variable, any value turns it on')
      .env('MOTD_OPEN')
      .default(false),
    logOption(),
  ]);

  const serveCommand = addCommand(program, 'serve', 'run only the TCP server', [
    ...listenAddressOptions(),
    ...serverOptions(),
    trustProxyOption('client address (PROXY header)', 'none'),
    proxyKeyOption(),
    ...tlsOptions('accept TLS on the TCP port'),
    ...healthOptions(),
    serverWorkersOption(),
    logOption(),
  ]).action(async (options) => {
    if (isServerWorker()) {
      const { runWorker } = await import('../server/serverWorker.ts');
      return runWorker();
    }
    const { serve } = await import('../commands/serve.ts');
    await serve(options);
  });

  const bridgeCommand = addCommand(program, 'bridge', 'run only the bridge and the page', [
    targetOption(),
    targetCaOption(),
    targetsFileOption(),
    ...httpOptions(),
    ...bridgeRuleOptions(),
    feedOption(),
    ...feedPageOptions(),
    idleTimeoutOption('close a session with 1008 if it relays nothing for this long; 0 is never'),
    trustProxyOption('client address (X-Forwarded-For)', 'none'),
    proxyKeyOption(),
    startCommandOption(),
    readyUrlOption(),
    ...tlsOptions('serve the page over TLS'),
    clientCaOption(),
    usersOption(),
    logOption(),
  ]).action(async (options) => {
    const { bridge } = await import('../commands/bridge.ts');
    await bridge(options, environmentOf(bridgeCommand));
  });

  upCommand.action(async (options) => {
    const { up } = await import('../commands/up.ts');
    process.exitCode = await up(options, {
      serve: environmentForChild(serveCommand, upCommand),
      bridge: environmentForChild(bridgeCommand, upCommand),
    });
  });
}
