// The states of a session; session.ts has the table of its transitions.
//
// A state without data of its own is one constant object: a session allocates nothing per command.

import type { WriteCommand } from '../../protocol/commands.ts';
import { REPLY, type Reply } from '../../protocol/replies.ts';
import type { Action, PasswordUse } from './action.ts';

/** The number of wrong passwords that closes the connection. */
const MAX_WRONG_PASSWORDS = 3;

/** The peer may still turn out to speak another protocol. */
export interface FirstLine {
  readonly is: 'firstLine';
  /** The first bytes of the connection, a byte string. */
  readonly firstBytes: string;
}

/** The states that await a line. */
export type LineState =
  | FirstLine
  | { readonly is: 'command' }
  /** `hasUpdates`: whether a message came into force that the peer has not been sent. */
  | { readonly is: 'watching'; readonly hasUpdates: boolean }
  /** The line holds what the command is to change. */
  | { readonly is: 'argument'; readonly command: WriteCommand }
  | AwaitsPassword;

/** `right` follows if the password is right. */
export interface AwaitsPassword {
  readonly is: 'password';
  readonly use: PasswordUse;
  readonly right: Due;
}

/** `next` is to return an action, which leads to another state. */
export interface Due {
  readonly is: 'due';
  readonly action: Action;
  readonly next: SessionState;
}

export type SessionState =
  | LineState
  | Due
  /** The outcome of a write is awaited. */
  | { readonly is: 'writing' }
  /** The outcome of a password check is awaited. */
  | { readonly is: 'checking'; readonly right: Due }
  | { readonly is: 'closed' };

export const FIRST_LINE: FirstLine = { is: 'firstLine', firstBytes: '' };
export const COMMAND: SessionState = { is: 'command' };
export const WATCHING: SessionState = { is: 'watching', hasUpdates: false };
export const WATCHING_WITH_UPDATES: SessionState = { is: 'watching', hasUpdates: true };
export const WRITING: SessionState = { is: 'writing' };

export const CLOSING = due({ do: 'close' }, { is: 'closed' });

/** Awaits what a command is to change. */
export const ARGUMENT = forEachWrite((command): SessionState => ({ is: 'argument', command }));

export const PASSWORD_TO_SHUT_DOWN: SessionState = {
  is: 'password',
  use: 'shutDown',
  right: replyDue(REPLY.shutdownAccepted, due({ do: 'shutDown' }, CLOSING)),
};

/** Awaits the password that permits a command. */
export const PASSWORD_TO_WRITE = forEachWrite(
  (command): SessionState => ({
    is: 'password',
    use: 'store',
    right: replyDue(REPLY.ok, ARGUMENT[command]),
  }),
);

const WRONG_PASSWORD = replyDue(REPLY.wrongPassword, COMMAND);
const TOO_MANY_WRONG_PASSWORDS = replyDue(REPLY.tooManyWrongPasswords, CLOSING);

/** The next state of `checking`, if the password is not right. */
export function afterWrongPassword(result: 'wrong' | 'notChecked', wrongPasswords: number): Due {
  const isLast = result === 'notChecked' || wrongPasswords >= MAX_WRONG_PASSWORDS;
  return isLast ? TOO_MANY_WRONG_PASSWORDS : WRONG_PASSWORD;
}

export function due(action: Action, next: SessionState): Due {
  return { is: 'due', action, next };
}

/** A reply that is not the answer to a line. */
export function replyDue(reply: Reply, next: SessionState): Due {
  return due({ do: 'reply', reply, line: undefined }, next);
}

function forEachWrite<Value>(
  create: (command: WriteCommand) => Value,
): Record<WriteCommand, Value> {
  return {
    MSGSTORE: create('MSGSTORE'),
    MSGPLAN: create('MSGPLAN'),
    MSGCANCEL: create('MSGCANCEL'),
    MSGREPLACE: create('MSGREPLACE'),
  };
}
