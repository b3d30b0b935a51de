// What each command does, and the state it leads to (PROTOCOL.md, "Commands").

import { type Command, WRITE_COMMANDS } from '../../protocol/commands.ts';
import { REPLY, type Reply } from '../../protocol/replies.ts';
import {
  ARGUMENT,
  CLOSING,
  COMMAND,
  type Due,
  due,
  PASSWORD_TO_SHUT_DOWN,
  PASSWORD_TO_WRITE,
  type SessionState,
  WATCHING,
} from './sessionState.ts';

export type CommandTable = readonly (readonly [command: string, answer: Due])[];

const ANSWERS: Record<Command, Due> = {
  MSGGET: due({ do: 'sendMessage', line: 'MSGGET' }, COMMAND),
  MSGSTORE: answer('MSGSTORE', REPLY.ok, ARGUMENT.MSGSTORE),
  MSGWATCH: due({ do: 'watch', line: 'MSGWATCH' }, WATCHING),
  MSGHIST: due({ do: 'sendList', line: 'MSGHIST' }, COMMAND),
  MSGPLAN: answer('MSGPLAN', REPLY.ok, ARGUMENT.MSGPLAN),
  MSGPLANS: due({ do: 'sendList', line: 'MSGPLANS' }, COMMAND),
  MSGCANCEL: answer('MSGCANCEL', REPLY.ok, ARGUMENT.MSGCANCEL),
  MSGINFO: due({ do: 'sendInfo', line: 'MSGINFO' }, COMMAND),
  MSGLIST: due({ do: 'sendList', line: 'MSGLIST' }, COMMAND),
  MSGREPLACE: answer('MSGREPLACE', REPLY.ok, ARGUMENT.MSGREPLACE),
  QUIT: answer('QUIT', REPLY.ok, CLOSING),
  SHUTDOWN: answer('SHUTDOWN', REPLY.passwordRequired, PASSWORD_TO_SHUT_DOWN),
};

export const COMMANDS: CommandTable = Object.entries(ANSWERS);

export const COMMANDS_WITH_STORE_PASSWORD: CommandTable = Object.entries({
  ...ANSWERS,
  ...Object.fromEntries(
    WRITE_COMMANDS.map((command) => [
      command,
      answer(command, REPLY.passwordRequired, PASSWORD_TO_WRITE[command]),
    ]),
  ),
});

/** @returns The answer to a command; `undefined` if it is not a command. */
export function answerTo(line: string, commands: CommandTable): Due | undefined {
  // To compare a line with each command costs less than its hash, which a Map would need.
  for (const [command, answer] of commands) if (command === line) return answer;
  return undefined;
}

function answer(line: Command, reply: Reply, next: SessionState): Due {
  return due({ do: 'reply', reply, line }, next);
}
