// The states and events of a connection, as the rest of the page sees them.

export type ConnectionState =
  | { is: 'connecting' }
  | { is: 'connected' }
  /**
   * The connection was lost or could not be opened. `nextAtMs` is the time of the next attempt, on
   * the clock of performance.now().
   */
  | { is: 'waiting'; reason: string; nextAtMs: number }
  /** The browser reports that it has no network, and nothing has arrived since. */
  | { is: 'offline'; reason: string }
  /** A proxy asks for a login. The page tries again when the user comes back to it. */
  | { is: 'loggedOut'; reason: string }
  /** No further attempt without a call of `connect`. */
  | { is: 'ended'; reason: string };

/** If several apply to one event, `stateChanged` is called first. */
export interface ConnectionEvents {
  /** Connected: a conversation may begin. */
  opened(): void;
  /** Text from the server, in chunks that may end anywhere. */
  received(text: string): void;
  /** Another notice of the bridge arrived (PROTOCOL.md, "Notices"). */
  notified?(text: string): void;
  /**
   * The connection is closed. Called once for each `opened`, before the next one.
   *
   * @param wasStable Whether the connection lasted long enough to count as a good one.
   */
  closed(reason: string, wasStable: boolean): void;
  stateChanged(state: ConnectionState): void;
}

/** The reason if `close` ended the connection. */
export const CLOSED_BY_PAGE = 'this page closed the connection';

/** The reason if the bridge has no such target, or no longer. */
export const UNKNOWN_TARGET = 'the bridge has no target of this name';

/** The reason, with the name of the target before it, if a page sends to one that is +readonly. */
const READ_ONLY = /^[\w-]+ is read only: it accepts no data \(1008\)$/;

/** Whether every further connection to the same target would end in the same way. */
export function isFinal(reason: string): boolean {
  return reason === UNKNOWN_TARGET || READ_ONLY.test(reason);
}

/** Whether the bridge has no such target, so that the page can only leave for another. */
export function isUnknownTarget(state: ConnectionState): boolean {
  return state.is === 'ended' && state.reason === UNKNOWN_TARGET;
}
