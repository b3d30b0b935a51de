#!/usr/bin/env node
// The `motd` command. Only this folder reads process.argv or process.env. A command's own code is
// loaded when it runs: a client should not wait for a web server to load.

import '../server/ignoreDebugSignal.ts';

import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { Argument, Command, CommanderError, Option } from 'commander';
import { escapeControls } from '../protocol/plainText.ts';
import { complain, OperatorError } from './operatorError.ts';
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
  serverAddressOptions,
  setOptions,
  timeoutOption,
  tlsClientOptions,
} from './options/clientOptions.ts';
import {
  dropLineEnds,
  keepOwnVariables,
  variablesFor,
  variablesOf,
} from './options/environment.ts';
import { etcdOptions } from './options/etcdOptions.ts';
import { idleTimeoutOption, logOption, tlsOptions, trustProxyOption } from './options/options.ts';
import { type GivenServer, parsePort, parseServers } from './options/parsers.ts';
import { proxyKeyOption } from './options/proxyKey.ts';
import { refuseInvalidUtf8 } from './options/refuseInvalidUtf8.ts';
import { healthOptions, listenAddressOptions, serverOptions } from './options/serverOptions.ts';

const packageJson = createRequire(import.meta.url)('../../package.json');

const REFUSED = 1;
const WRONG_USAGE = 2;

/** What is said on standard error takes less to be written. */
const EXIT_AFTER_MS = 200;

/** Flags whose value is a password. */
const SECRETS = ['password', 'storePassword'];
const SECRET_IN_ERROR =
  /(?<='--(?:store-)?password <text>' )(?:argument '.*'(?= is )|value '.*'(?= from env ))/s;

/** Commander repeats what it was given, and that may be long. */
const MAX_ERROR_LENGTH = 300;

const program = new Command('motd')
  .description('A message of the day over a plain TCP line protocol, and a page to talk to it.')
  .version(packageJson.version)
  .exitOverride()
  .showSuggestionAfterError(false)
  .hook('preAction', (_program, started) => {
    refuseInvalidUtf8(started);
    keepSecrets(started);
  })
  .configureOutput({ outputError: (text) => complain(inShort(text)) });

command('up', 'run the server, the bridge and the page', [
  ...listenAddressOptions(),
  ...serverOptions(),
  ...httpOptions(),
  ...bridgeRuleOptions(),
  trustProxyOption(
    'word on who is asking (PROXY line, X-Forwarded-For)',
    'the bridge on TCP, nobody on HTTP',
  ),
  ...tlsOptions('the page'),
  usersOption(),
  new Option('--open', 'open the page in the browser; as a variable, any value says so')
    .env('MOTD_OPEN')
    .default(false),
  logOption(),
]).action(async (options, made: Command) => {
  const { up } = await import('./commands/up.ts');
  process.exitCode = await up(options, {
    serve: variablesFor(serveCommand, made),
    bridge: variablesFor(bridgeCommand, made),
  });
});

const serveCommand = command('serve', 'run the TCP server alone', [
  ...listenAddressOptions(),
  ...serverOptions(),
  trustProxyOption('PROXY line', 'none'),
  proxyKeyOption(),
  ...tlsOptions('the server'),
  ...healthOptions(),
  logOption(),
]).action(async (options) => {
  const { serve } = await import('./commands/serve.ts');
  await serve(options);
});

const bridgeCommand = command('bridge', 'run the bridge and the page alone', [
  targetOption(),
  ...httpOptions(),
  ...bridgeRuleOptions(),
  idleTimeoutOption('how long nothing may be said in a session; then 1008; 0 is for ever'),
  trustProxyOption('X-Forwarded-For', 'none'),
  proxyKeyOption(),
  readyUrlOption(),
  ...tlsOptions('the page'),
  usersOption(),
  logOption(),
]).action(async (options) => {
  const { bridge } = await import('./commands/bridge.ts');
  await bridge(options, variablesOf(bridgeCommand));
});

clientCommand('connect', 'hold the dialogue in this terminal', connectOptions()).action(
  withServers(async (options) => {
    const { connect } = await import('./commands/connect.ts');
    process.exitCode = await connect(options);
  }),
);

clientCommand('get', 'print the message', [timeoutOption(2)]).action(
  withServers(async (options) => {
    const { get } = await import('./commands/oneshot.ts');
    await get(options);
  }),
);

clientCommand('set', 'change the message', [...setOptions(), timeoutOption(10)]).action(
  withServers(async (options) => {
    const { set } = await import('./commands/oneshot.ts');
    await set(options);
  }),
);

clientCommand('watch', 'print the message, and each later one', [
  timeoutOption(10, 'the first message of each connection'),
]).action(
  withServers(async (options) => {
    const { watch } = await import('./commands/oneshot.ts');
    await watch(options);
  }),
);

clientCommand('history', 'print the messages so far, with their times', [timeoutOption(10)]).action(
  withServers(async (options) => {
    const { history } = await import('./commands/oneshot.ts');
    await history(options);
  }),
);

command('hash-password', 'read a password, print what --password-file takes', []).action(
  async () => {
    const { hashPassword } = await import('./commands/hashPassword.ts');
    await hashPassword();
  },
);

command('copy-store', 'copy the history from one store to another', etcdOptions())
  .addArgument(new Argument('<from>', 'lmdb:DIR or etcd://HOST:PORT,HOST:PORT/PREFIX'))
  .addArgument(new Argument('<to>', 'the same; an empty one'))
  .action(async (from: string, to: string, options) => {
    const { copyStore } = await import('./commands/copyStore.ts');
    await copyStore(from, to, options);
  });

function command(name: string, description: string, options: Option[]): Command {
  const made = program.command(name).description(description);
  for (const option of options) made.addOption(option);
  return made;
}

function clientCommand(name: string, description: string, options: Option[]): Command {
  return command(name, description, [...serverAddressOptions(), ...tlsClientOptions(), ...options])
    .addArgument(new Argument('[host]', 'the same as --host').argParser(parseServers))
    .addArgument(new Argument('[port]', 'the same as --port').argParser(parsePort));
}

/** What Commander reads of a client's servers. */
interface GivenServers {
  host: GivenServer[];
  port: number;
}

/** A client's servers may stand without their flags: `motd get HOST PORT`. */
function withServers<Options>(act: (options: Options & ServersOptions) => Promise<void>) {
  return (
    host: GivenServer[] | undefined,
    port: number | undefined,
    options: Options & GivenServers,
    made: Command,
  ) => {
    for (const [name, value] of Object.entries({ host, port })) {
      const isSaidTwice = value !== undefined && made.getOptionValueSource(name) === 'cli';
      if (isSaidTwice) made.error(`error: the ${name} is given twice; leave out --${name}`);
    }
    const servers = (host ?? options.host).map((given) => ({
      port: port ?? options.port,
      ...given,
    }));
    return act({ ...options, servers });
  };
}

process.stdout.on('error', stdoutOnError);
// Nobody is left to complain to: that ends no server.
process.stderr.on('error', () => {});
process.on('uncaughtException', processOnUncaughtException);
dropLineEnds();
await program.parseAsync().catch(fail);

/** Keeps passwords from the processes that this one starts, and from other users' `ps`. */
function keepSecrets(started: Command): void {
  keepOwnVariables();
  const isInArguments = SECRETS.some((name) => started.getOptionValueSource(name) === 'cli');
  // A new title overwrites the arguments (Linux: /proc/PID/cmdline in proc(5); libuv's proctitle.c).
  if (isInArguments) process.title = `motd ${started.name()}`;
}

function stdoutOnError(error: NodeJS.ErrnoException): void {
  // The reader of a pipe has had enough (`motd connect | head -1`): nobody is left to talk to.
  if (error.code === 'EPIPE') process.exit(0);
  complain(`cannot write to standard output: ${error.code ?? error.message}`);
  process.exit(REFUSED);
}

/** A fault of ours. Node would write the error as it is, with whatever a peer sent in it. */
function processOnUncaughtException(error: unknown): void {
  const lines = inspect(error).split('\n').map(escapeControls);
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(REFUSED);
}

/** What Commander has to say, in the form of every other error. */
function inShort(text: string): string {
  const line = text
    .trimEnd()
    .replace(/^error: /, '')
    .replace(SECRET_IN_ERROR, 'value');
  return line.length <= MAX_ERROR_LENGTH ? line : `${line.slice(0, MAX_ERROR_LENGTH)} …`;
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has said what is wrong; --help is nothing wrong.
    process.exitCode = error.exitCode === 0 ? 0 : WRONG_USAGE;
    return;
  }
  if (!(error instanceof OperatorError)) throw error;
  complain(error.message);
  process.exitCode = REFUSED;
  // What was begun may be waiting for a machine that is not there.
  setTimeout(() => process.exit(), EXIT_AFTER_MS).unref();
}
