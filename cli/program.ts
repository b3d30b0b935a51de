// Defines the `motd` command line: its commands, arguments and flags. Importing this file runs
// nothing; main.ts runs what `buildProgram` returns. The code of a command is loaded when the
// command runs: a client must not wait for a web server to load.

import { Argument, Command, Option } from 'commander';
import { printToStderr } from './cliError.ts';
import {
  bridgeRuleOptions,
  httpOptions,
  readyUrlOption,
  targetOption,
  usersOption,
} from './options/bridgeOptions.ts';
import {
  connectOptions,
  type ServersOptions,
  serversOptions,
  setOptions,
  timeoutOption,
  tlsClientOptions,
} from './options/clientOptions.ts';
import { environmentForChild, environmentOf, takeOwnVariables } from './options/environment.ts';
import { etcdOptions } from './options/etcdOptions.ts';
import { idleTimeoutOption, logOption, tlsOptions, trustProxyOption } from './options/options.ts';
import { parsePort, parseServers, type ServerArgument } from './options/parsers.ts';
import { proxyKeyOption } from './options/proxyKey.ts';
import { rejectInvalidUtf8 } from './options/rejectInvalidUtf8.ts';
import { healthOptions, listenAddressOptions, serverOptions } from './options/serverOptions.ts';

/** Flags whose value is a password. */
const SECRETS = ['password', 'storePassword'];
const SECRET_IN_ERROR =
  /(?<='--(?:store-)?password <text>' )(?:argument '.*'(?= is )|value '.*'(?= from env ))/s;

/** In characters. Commander repeats the invalid value in its errors, however long it is. */
const MAX_ERROR_LENGTH = 300;

/**
 * @param version What `--version` prints.
 * @returns A new program. A usage error makes its `parseAsync` throw a CommanderError.
 */
export function buildProgram(version: string): Command {
  const program = new Command('motd')
    .description('A message of the day over a plain TCP line protocol, and a page to talk to it.')
    .version(version)
    .exitOverride()
    .showSuggestionAfterError(false)
    .hook('preAction', (_program, started) => {
      rejectInvalidUtf8(started);
      hideSecrets(started);
    })
    .configureOutput({ outputError: (text) => printToStderr(formatUsageError(text)) });
  // `--help` lists the commands in this order.
  addServiceCommands(program);
  addClientCommands(program);
  addToolCommands(program);
  return program;
}

/** `motd up`, `serve` and `bridge`. */
function addServiceCommands(program: Command): void {
  const upCommand = addCommand(program, 'up', 'run the server, the bridge and the page', [
    ...listenAddressOptions(),
    ...serverOptions(),
    ...httpOptions(),
    ...bridgeRuleOptions(),
    trustProxyOption(
      'client address (PROXY header, X-Forwarded-For)',
      'its own bridge for TCP, none for HTTP',
    ),
    ...tlsOptions('serve the page over TLS'),
    usersOption(),
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
    logOption(),
  ]).action(async (options) => {
    const { serve } = await import('./commands/serve.ts');
    await serve(options);
  });

  const bridgeCommand = addCommand(program, 'bridge', 'run only the bridge and the page', [
    targetOption(),
    ...httpOptions(),
    ...bridgeRuleOptions(),
    idleTimeoutOption('close a session with 1008 if it relays nothing for this long; 0 is never'),
    trustProxyOption('client address (X-Forwarded-For)', 'none'),
    proxyKeyOption(),
    readyUrlOption(),
    ...tlsOptions('serve the page over TLS'),
    usersOption(),
    logOption(),
  ]).action(async (options) => {
    const { bridge } = await import('./commands/bridge.ts');
    await bridge(options, environmentOf(bridgeCommand));
  });

  upCommand.action(async (options) => {
    const { up } = await import('./commands/up.ts');
    process.exitCode = await up(options, {
      serve: environmentForChild(serveCommand, upCommand),
      bridge: environmentForChild(bridgeCommand, upCommand),
    });
  });
}

/** `motd connect`, `get`, `set`, `watch` and `history`. */
function addClientCommands(program: Command): void {
  addClientCommand(
    program,
    'connect',
    'hold the dialogue with the server in this terminal',
    connectOptions(),
  ).action(
    withServers(async (options) => {
      const { connect } = await import('./commands/connect.ts');
      process.exitCode = await connect(options);
    }),
  );

  addClientCommand(program, 'get', 'print the message', [timeoutOption(2)]).action(
    withServers(async (options) => {
      const { get } = await import('./commands/oneshot.ts');
      await get(options);
    }),
  );

  addClientCommand(program, 'set', 'change the message', [
    ...setOptions(),
    timeoutOption(10),
  ]).action(
    withServers(async (options) => {
      const { set } = await import('./commands/oneshot.ts');
      await set(options);
    }),
  );

  addClientCommand(program, 'watch', 'print the message, and every later one', [
    timeoutOption(10, 'the first message of each connection'),
  ]).action(
    withServers(async (options) => {
      const { watch } = await import('./commands/oneshot.ts');
      await watch(options);
    }),
  );

  addClientCommand(program, 'history', 'print the stored messages with their times', [
    timeoutOption(10),
  ]).action(
    withServers(async (options) => {
      const { history } = await import('./commands/oneshot.ts');
      await history(options);
    }),
  );
}

/** `motd hash-password` and `copy-store`. */
function addToolCommands(program: Command): void {
  addCommand(
    program,
    'hash-password',
    'read a password, and print its hash for a password file or a users file',
    [],
  ).action(async () => {
    const { hashPasswordCommand } = await import('./commands/hashPassword.ts');
    await hashPasswordCommand();
  });

  addCommand(program, 'copy-store', 'copy the history from one store to another', etcdOptions())
    .addArgument(
      new Argument('<from>', 'store to read: file:DIR or etcd://HOST:PORT,HOST:PORT/PREFIX'),
    )
    .addArgument(
      new Argument(
        '<to>',
        'store to write, in the same form: empty, or with the beginning of the same history',
      ),
    )
    .action(async (from: string, to: string, options) => {
      const { copyStore } = await import('./commands/copyStore.ts');
      await copyStore(from, to, options);
    });
}

function addCommand(
  program: Command,
  name: string,
  description: string,
  options: Option[],
): Command {
  const command = program.command(name).description(description);
  for (const option of options) command.addOption(option);
  return command;
}

function addClientCommand(
  program: Command,
  name: string,
  description: string,
  options: Option[],
): Command {
  const all = [...serversOptions(), ...tlsClientOptions(), ...options];
  return addCommand(program, name, description, all)
    .addArgument(new Argument('[host]', 'the same as --host').argParser(parseServers))
    .addArgument(new Argument('[port]', 'the same as --port').argParser(parsePort));
}

/** The flags for a client's servers, as Commander parses them. */
interface GivenServers {
  host: ServerArgument[];
  port: number;
}

/** Wraps the action of a client command, which also takes its servers as `motd get HOST PORT`. */
function withServers<Options>(act: (options: Options & ServersOptions) => Promise<void>) {
  return (
    host: ServerArgument[] | undefined,
    port: number | undefined,
    options: Options & GivenServers,
    command: Command,
  ) => {
    for (const [name, value] of Object.entries({ host, port })) {
      const isGivenTwice = value !== undefined && command.getOptionValueSource(name) === 'cli';
      if (isGivenTwice) command.error(`error: the ${name} is given twice; leave out --${name}`);
    }
    const servers = (host ?? options.host).map((given) => ({
      port: port ?? options.port,
      ...given,
    }));
    return act({ ...options, servers });
  };
}

/** Hides passwords from the processes that this one starts, and from other users' `ps`. */
function hideSecrets(started: Command): void {
  takeOwnVariables();
  const isInArguments = SECRETS.some((name) => started.getOptionValueSource(name) === 'cli');
  // A new title overwrites the arguments (Linux: /proc/PID/cmdline in proc(5); libuv's
  // proctitle.c).
  if (isInArguments) process.title = `motd ${started.name()}`;
}

/** Gives a usage error of Commander the form of every other error, without any password in it. */
function formatUsageError(text: string): string {
  const line = text
    .trimEnd()
    .replace(/^error: /, '')
    .replace(SECRET_IN_ERROR, 'value');
  return line.length <= MAX_ERROR_LENGTH ? line : `${line.slice(0, MAX_ERROR_LENGTH)} …`;
}
