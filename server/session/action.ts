// What a session asks its caller to do (session.ts).

import type { ListCommand } from '../../protocol/commands.ts';
import type { Reply } from '../../protocol/replies.ts';
import type { WriteRequest } from './writeRequest.ts';

/** What a password permits: to stop the server, or any command that changes messages. */
export type PasswordUse = 'shutDown' | 'store';

/**
 * An action for the caller. `line` is the line to log, a byte string; `undefined` if the action is
 * not the answer to a line, or the line must not be logged.
 */
export type Action =
  | { readonly do: 'reply'; readonly reply: Reply; readonly line: string | undefined }
  /** Send `200 OK` and the message in force. */
  | { readonly do: 'sendMessage'; readonly line: string }
  /** Send `200 OK` and the details of the message in force. */
  | { readonly do: 'sendInfo'; readonly line: string }
  /** Send the message, and call `updated` from now on whenever another one comes into force. */
  | { readonly do: 'watch'; readonly line: string }
  /** Send the next message after the last one sent; if there are more, call `updated`. */
  | { readonly do: 'sendUpdate' }
  /** Send `200 OK`, the list that `line` asks for, and its last line before the next action. */
  | { readonly do: 'sendList'; readonly line: ListCommand }
  /** Fulfil the request, then call `written`. */
  | { readonly do: 'write'; readonly request: WriteRequest; readonly line: string }
  /** Check the password (a byte string), then call `passwordChecked`. */
  | { readonly do: 'checkPassword'; readonly password: string; readonly use: PasswordUse }
  /** Send `400 UNKNOWN COMMAND`, and log that the peer speaks `protocol`. `close` follows. */
  | { readonly do: 'rejectProtocol'; readonly protocol: string }
  /** Stop the whole server once all replies are sent. */
  | { readonly do: 'shutDown' }
  /** Close this connection once all replies are sent. No action follows. */
  | { readonly do: 'close' };
