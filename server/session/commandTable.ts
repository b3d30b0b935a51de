// What each command does, and the state it leads to (PROTOCOL.md, "Commands").

import type { Command } from '../../protocol/commands.ts';
import { REPLY, type Reply } from '../../protocol/replies.ts';
import {
  CLOSING,
  COMMAND,
  type Due,
  due,
  MESSAGE,
  PASSWORD,
  type SessionState,
  WATCHING,
} from './sessionState.ts';

export type CommandTable = ReadonlyMap<string, Due>;

const ANSWERS: Record<Command, Due> = {
  MSGGET: due({ do: 'sendMessage', line: 'MSGGET' }, COMMAND),
  MSGSTORE: answer('MSGSTORE', REPLY.ok, MESSAGE),
  MSGWATCH: due({ do: 'watch', line: 'MSGWATCH' }, WATCHING),
  MSGHIST: due({ do: 'sendHistory', line: 'MSGHIST' }, COMMAND),
  QUIT: answer('QUIT', REPLY.ok, CLOSING),
  SHUTDOWN: answer('SHUTDOWN', REPLY.passwordRequired, PASSWORD.shutDown),
};

export const COMMANDS: CommandTable = new Map(Object.entries(ANSWERS));

export const COMMANDS_WITH_STORE_PASSWORD: CommandTable = new Map([
  ...COMMANDS,
  ['MSGSTORE', answer('MSGSTORE', REPLY.passwordRequired, PASSWORD.store)],
]);

function answer(line: Command, reply: Reply, next: SessionState): Due {
  return due({ do: 'reply', reply, line }, next);
}
