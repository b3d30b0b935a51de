// The states of a session; session.ts has the table of its transitions.
//
// A state without data of its own is one constant object: a session allocates nothing per command.

import { REPLY, type Reply } from '../../protocol/replies.ts';
import type { Action, PasswordUse } from './action.ts';

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
  /** `hasUpdates`: whether a message was stored that the peer has not been sent. */
  | { readonly is: 'watching'; readonly hasUpdates: boolean }
  | { readonly is: 'message' }
  | { readonly is: 'password'; readonly use: PasswordUse };

/** `next` is to return an action, which leads to another state. */
export interface Due {
  readonly is: 'due';
  readonly action: Action;
  readonly next: SessionState;
}

export type SessionState =
  | LineState
  | Due
  /** The outcome of a store is awaited. */
  | { readonly is: 'storing' }
  /** The outcome of a password check is awaited. */
  | { readonly is: 'checking'; readonly use: PasswordUse }
  | { readonly is: 'closed' };

export const FIRST_LINE: FirstLine = { is: 'firstLine', firstBytes: '' };
export const COMMAND: SessionState = { is: 'command' };
export const WATCHING: SessionState = { is: 'watching', hasUpdates: false };
export const WATCHING_WITH_UPDATES: SessionState = { is: 'watching', hasUpdates: true };
export const MESSAGE: SessionState = { is: 'message' };
export const STORING: SessionState = { is: 'storing' };

/** Awaits the password that permits an action. */
export const PASSWORD: Readonly<Record<PasswordUse, SessionState>> = {
  shutDown: { is: 'password', use: 'shutDown' },
  store: { is: 'password', use: 'store' },
};

export const CLOSING = due({ do: 'close' }, { is: 'closed' });

/** The next states of `storing`. */
export const STORED = replyDue(REPLY.ok, COMMAND);
export const STORE_FAILED = replyDue(REPLY.storeUnavailable, COMMAND);

/** The next states of `checking`. */
export const RIGHT_PASSWORD: Readonly<Record<PasswordUse, Due>> = {
  shutDown: replyDue(REPLY.shutdownAccepted, due({ do: 'shutDown' }, CLOSING)),
  store: replyDue(REPLY.ok, MESSAGE),
};
export const WRONG_PASSWORD = replyDue(REPLY.wrongPassword, COMMAND);
export const TOO_MANY_WRONG_PASSWORDS = replyDue(REPLY.tooManyWrongPasswords, CLOSING);

export function due(action: Action, next: SessionState): Due {
  return { is: 'due', action, next };
}

/** A reply that is not the answer to a line. */
export function replyDue(reply: Reply, next: SessionState): Due {
  return due({ do: 'reply', reply, line: undefined }, next);
}
