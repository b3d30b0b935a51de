// Defines `motd connect`, and the commands for scripts.

import { Argument, type Command, type Option } from 'commander';
import { COMMANDS } from '../../protocol/commands.ts';
import type { ChangeOptions, PlanOptions, SetOptions } from '../commands/change.ts';
import type { GetOptions, ReadOptions } from '../commands/oneshot.ts';
import {
  connectOptions,
  ifNumberOption,
  jsonOption,
  messageOption,
  noDefaultOption,
  serversOptions,
  storePasswordOption,
  timeoutOption,
  tlsClientOptions,
  windowOptions,
} from '../options/clientOptions.ts';
import { parseNumber, parsePort, parseServers } from '../options/parsers.ts';
import { addCommand } from './addCommand.ts';
import { hintAtMessage } from './hintAtMessage.ts';
import { withServers } from './withServers.ts';

const COMMANDS_HELP = `
Commands of the dialogue:
  ${COMMANDS.slice(0, 7).join(', ')},
  ${COMMANDS.slice(7).join(', ')}`;

export function addClientCommands(program: Command): void {
  addClientCommand(
    program,
    'connect',
    'hold the dialogue with the server in this terminal',
    connectOptions(),
  )
    .addHelpText('after', COMMANDS_HELP)
    .action(
      withServers(async (options) => {
        const { connect } = await import('../commands/connect.ts');
        process.exitCode = await connect(options);
      }),
    );

  addClientCommand(program, 'get', 'print the message', [
    jsonOption(),
    noDefaultOption(),
    timeoutOption(2),
  ]).action(
    withServers<GetOptions>(async (options) => {
      const { get } = await import('../commands/oneshot.ts');
      await get(options);
    }),
  );

  addClientCommand(
    program,
    'set',
    'change the message',
    [messageOption('store'), ifNumberOption(), storePasswordOption(), timeoutOption(10)],
    'pass the message with -m, in quotes',
  ).action(
    hintAtMessage(
      withServers<SetOptions>(async (options) => {
        const { set } = await import('../commands/change.ts');
        await set(options);
      }),
    ),
  );

  addClientCommand(
    program,
    'plan',
    'plan a message, and print its number',
    [...windowOptions(), messageOption('plan'), storePasswordOption(), timeoutOption(10)],
    'pass the message with -m, and its times with --from and --until, each in quotes',
  ).action(
    hintAtMessage(
      withServers<PlanOptions>(async (options) => {
        const { plan } = await import('../commands/change.ts');
        await plan(options);
      }),
    ),
  );

  addClientCommand(program, 'plans', 'print the planned messages that are not over', [
    jsonOption(),
    timeoutOption(10),
  ]).action(
    withServers<ReadOptions>(async (options) => {
      const { plans } = await import('../commands/oneshot.ts');
      await plans(options);
    }),
  );

  addClientCommand(
    program,
    'cancel',
    'cancel a planned message, or end the message in force',
    [storePasswordOption(), timeoutOption(10)],
    'write the number first; motd plans prints it',
    [new Argument('<number>', 'the number that motd plan printed').argParser(parseNumber)],
  ).action((number: number, host, port, given, command) => {
    const cancelAt = withServers<ChangeOptions>(async (options) => {
      const { cancel } = await import('../commands/change.ts');
      await cancel(number, options);
    });
    return cancelAt(host, port, given, command);
  });

  addClientCommand(program, 'watch', 'print the message, and every later one', [
    jsonOption(),
    timeoutOption(10, 'the first message of each connection'),
  ]).action(
    withServers<ReadOptions>(async (options) => {
      const { watch } = await import('../commands/oneshot.ts');
      await watch(options);
    }),
  );

  addClientCommand(program, 'history', 'print the stored messages with their times', [
    jsonOption(),
    timeoutOption(10),
  ]).action(
    withServers<ReadOptions>(async (options) => {
      const { history } = await import('../commands/oneshot.ts');
      await history(options);
    }),
  );
}

function addClientCommand(
  program: Command,
  name: string,
  description: string,
  options: Option[],
  argumentAdvice?: string,
  otherArguments: Argument[] = [],
): Command {
  const all = [...options, ...serversOptions(), ...tlsClientOptions()];
  const command = addCommand(program, name, description, all, argumentAdvice);
  for (const argument of otherArguments) command.addArgument(argument);
  return command
    .addArgument(new Argument('[host]', 'the same as --host').argParser(parseServers))
    .addArgument(new Argument('[port]', 'the same as --port').argParser(parsePort));
}
