// What a session asks its caller to do (session.ts).

import type { Reply } from '../../protocol/replies.ts';

/** The action that a password permits. */
export type PasswordUse = 'shutDown' | 'store';

/**
 * An action for the caller. `line` is the line to log, a byte string; `undefined` if the action is
 * not the answer to a line, or the line must not be logged.
 */
export type Action =
  | { readonly do: 'reply'; readonly reply: Reply; readonly line: string | undefined }
  /** Send `200 OK` and the message in force. */
  | { readonly do: 'sendMessage'; readonly line: string }
  /** The same, and call `updated` from now on whenever a message is stored. */
  | { readonly do: 'watch'; readonly line: string }
  /** Send the next message after the last one sent; if there are more, call `updated`. */
  | { readonly do: 'sendUpdate' }
  /** Send `200 OK`, the history, and its last line before the next action. */
  | { readonly do: 'sendHistory'; readonly line: string }
  /** Store the message, then call `stored` or `storeFailed`. */
  | { readonly do: 'store'; readonly message: string; readonly line: string }
  /** Check the password (a byte string), then call `passwordChecked`. */
  | { readonly do: 'checkPassword'; readonly password: string; readonly use: PasswordUse }
  /** Send `400 UNKNOWN COMMAND`, and log that the peer speaks `protocol`. `close` follows. */
  | { readonly do: 'rejectProtocol'; readonly protocol: string }
  /** Stop the whole server once all replies are sent. */
  | { readonly do: 'shutDown' }
  /** Close this connection once all replies are sent. No action follows. */
  | { readonly do: 'close' };
