// The state machine of one connection (PROTOCOL.md, "Commands").
//
// A client sends one command per line. MSGSTORE takes the message from the next line, SHUTDOWN the
// password; MSGWATCH sends every later message until the client sends a line.
//
// Operations: the caller passes in what happens (`receive` bytes, `endInput`, `stored`, …). After
// each call it performs the actions that `next` returns, until there is none. Pure: the session has
// no socket, no clock and no store.
//
// Goals: replies come in the order of the lines; the result does not depend on how TCP split the
// bytes; and memory is bounded by one chunk of input.
//
// Design: each state awaits a line, or the outcome of an action, or nothing. The transitions:
//
//   state              input                                 next state
//   firstLine          a line                                as in command
//                      bytes or a line of another protocol   binaryProtocol, closing
//   command            MSGGET, MSGHIST                       command
//                      MSGSTORE                              message (storePassword if one is set)
//                      MSGWATCH                              watching
//                      SHUTDOWN                              shutdownPassword
//                      QUIT                                  closing
//                      a line of HTTP or a PROXY header      closing
//                      any other line                        command
//   watching           a line                                as in command
//   message            plain text                            awaitingOutcome
//                      a command, or other text              command
//   storePassword      a line                                awaitingOutcome
//   shutdownPassword   a line                                awaitingOutcome
//   awaitingOutcome    stored, storeFailed                   command
//                      right store password                  message
//                      right shutdown password               shuttingDown, closing
//                      wrong password                        command (closing if it was the third)
//   closing                                                  closed
//
// A blank line changes nothing. A line over the limit leads to `command`, but not from `firstLine`.
// Once every line is answered, the end of the input or `closeWith` leads to closing.

import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import { dropByteOrderMark } from '../../protocol/byteOrderMark.ts';
import { type Command, isCommand } from '../../protocol/commands.ts';
import {
  MAX_FIRST_BYTES,
  protocolOfFirstBytes,
  protocolOfFirstLine,
  protocolOfLine,
  protocolOfLongLine,
} from '../../protocol/foreignProtocol.ts';
import { LineReader, MAX_LINE_BYTES, ownCopy, TOO_LONG, trimLine } from '../../protocol/lines.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import { REPLY, type Reply } from '../../protocol/replies.ts';
import { dropTelnetCommands } from '../../protocol/telnet.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';

/** The number of wrong passwords that closes the connection. */
const MAX_WRONG_PASSWORDS = 3;

/** The action that a password permits. */
export type PasswordUse = 'shutDown' | 'store';

/**
 * The states that await a command. In `firstLine` the peer may still turn out to speak another
 * protocol.
 */
type CommandState = 'firstLine' | 'command' | 'watching';

type LineState = CommandState | 'message' | 'shutdownPassword' | 'storePassword';

type SessionState =
  | LineState
  /** A store or a password check is in progress; further lines wait for its outcome. */
  | 'awaitingOutcome'
  /** The first bytes are those of a binary protocol; no line is read. */
  | 'binaryProtocol'
  | 'shuttingDown'
  | 'closing'
  | 'closed';

/**
 * An action for the caller. `line` is the line to log, a byte string; `undefined` if the action is
 * not the answer to a line, or the line must not be logged.
 */
export type Action =
  | { do: 'reply'; reply: Reply; line: string | undefined }
  /** Send `200 OK` and the message in force. */
  | { do: 'sendMessage'; line: string }
  /** The same, and call `updated` from now on whenever a message is stored. */
  | { do: 'watch'; line: string }
  /** Send the messages stored since the last one sent. */
  | { do: 'sendUpdates' }
  /** Send `200 OK`, the history, and its last line before the next action. */
  | { do: 'sendHistory'; line: string }
  /** Store the message, then call `stored` or `storeFailed`. */
  | { do: 'store'; message: string; line: string }
  /** Check the password (a byte string), then call `passwordChecked`. */
  | { do: 'checkPassword'; password: string; use: PasswordUse }
  /** Send `400 UNKNOWN COMMAND`, and log that the peer speaks `protocol`. `close` follows. */
  | { do: 'rejectProtocol'; protocol: string }
  /** Stop the whole server once all replies are sent. */
  | { do: 'shutDown' }
  /** Close this connection once all replies are sent. No action follows. */
  | { do: 'close' };

const SHUT_DOWN: Action = { do: 'shutDown' };
const CLOSE: Action = { do: 'close' };
const SEND_UPDATES: Action = { do: 'sendUpdates' };

interface CommandTransition {
  action: Action;
  next: SessionState;
}

type CommandTransitions = ReadonlyMap<string, CommandTransition>;

const TRANSITIONS = transitionsOf({
  MSGGET: { action: { do: 'sendMessage', line: 'MSGGET' }, next: 'command' },
  MSGSTORE: { action: { do: 'reply', reply: REPLY.ok, line: 'MSGSTORE' }, next: 'message' },
  MSGWATCH: { action: { do: 'watch', line: 'MSGWATCH' }, next: 'watching' },
  MSGHIST: { action: { do: 'sendHistory', line: 'MSGHIST' }, next: 'command' },
  QUIT: { action: { do: 'reply', reply: REPLY.ok, line: 'QUIT' }, next: 'closing' },
  SHUTDOWN: {
    action: { do: 'reply', reply: REPLY.passwordRequired, line: 'SHUTDOWN' },
    next: 'shutdownPassword',
  },
});

const TRANSITIONS_WITH_STORE_PASSWORD: CommandTransitions = new Map([
  ...TRANSITIONS,
  [
    'MSGSTORE',
    {
      action: { do: 'reply', reply: REPLY.passwordRequired, line: 'MSGSTORE' },
      next: 'storePassword',
    },
  ],
]);

export interface SessionOptions {
  /** Whether MSGSTORE requires a password. */
  isStoreGuarded: boolean;
}

export class Session {
  readonly #lines = new LineReader(MAX_LINE_BYTES);
  readonly #transitions: CommandTransitions;
  #state: SessionState = 'firstLine';
  /** The first bytes of the connection, a byte string, to detect other protocols. */
  #firstBytes = '';
  /** The action that the password under check permits. */
  #passwordUse: PasswordUse = 'shutDown';
  #wrongPasswords = 0;
  #hasUpdates = false;
  #hasInputEnded = false;
  #closingReply: Reply | undefined;

  constructor({ isStoreGuarded }: SessionOptions) {
    this.#transitions = isStoreGuarded ? TRANSITIONS_WITH_STORE_PASSWORD : TRANSITIONS;
  }

  /** @param bytes The next chunk of input, a byte string. */
  receive(bytes: string): void {
    if (this.#state === 'firstLine') this.#detectBinaryProtocol(bytes);
    if (this.#state !== 'closed') this.#lines.push(bytes);
  }

  /** The peer half-closed: text without an LF counts as a line. */
  endInput(): void {
    this.#lines.endLine();
    this.#hasInputEnded = true;
  }

  /**
   * Answers the lines received so far, sends this reply, and closes. Later calls have no effect.
   */
  closeWith(reply: Reply): void {
    this.#closingReply ??= reply;
  }

  /** A message was stored, through this connection or another. */
  updated(): void {
    this.#hasUpdates = true;
  }

  /**
   * Whether the peer may be a client that sends no LF (PROTOCOL.md, "Bare clients"). If so, call
   * `endQuietLine` when it has sent nothing for 100 ms.
   */
  get mayBeBareClient(): boolean {
    return !this.#lines.hasSeenLineEnd && this.#lines.unfinishedLine !== '';
  }

  /**
   * Ends the unfinished line, if its text can be a complete one.
   *
   * @returns Whether it was ended.
   */
  endQuietLine(): boolean {
    const isLine = this.mayBeBareClient && this.#isCompleteLine(this.#lines.unfinishedLine);
    if (isLine) this.#lines.endLine();
    return isLine;
  }

  /** The message is stored durably. */
  stored(): Action {
    this.#state = 'command';
    return { do: 'reply', reply: REPLY.ok, line: undefined };
  }

  /** The message could not be stored; the previous one stays in force. */
  storeFailed(): Action {
    return this.#replyAndAwaitCommand(REPLY.storeUnavailable);
  }

  passwordChecked(result: PasswordResult): Action {
    if (result !== 'right') return this.#onWrongPassword(result);
    if (this.#passwordUse === 'store') {
      this.#state = 'message';
      return { do: 'reply', reply: REPLY.ok, line: undefined };
    }
    this.#state = 'shuttingDown';
    return { do: 'reply', reply: REPLY.shutdownAccepted, line: undefined };
  }

  /** Whether an outcome is awaited. Pass in no more input until it is known. */
  get awaitsOutcome(): boolean {
    return this.#state === 'awaitingOutcome';
  }

  /** Whether the peer has to be sent every message that is stored. */
  get isWatching(): boolean {
    return this.#state === 'watching';
  }

  /** @returns The next action; `undefined` if there is none until something else happens. */
  next(): Action | undefined {
    switch (this.#state) {
      case 'awaitingOutcome':
      case 'closed':
        return undefined;
      case 'binaryProtocol':
        return this.#rejectProtocol(protocolOfFirstBytes(this.#firstBytes) ?? 'binary data');
      case 'shuttingDown':
        this.#state = 'closing';
        return SHUT_DOWN;
      case 'closing':
        this.#state = 'closed';
        return CLOSE;
      default:
        return this.#nextLine(this.#state);
    }
  }

  /** Binary protocols are detected by bytes, since they may never send an LF. */
  #detectBinaryProtocol(bytes: string): void {
    const missing = MAX_FIRST_BYTES - this.#firstBytes.length;
    if (missing === 0) return;
    this.#firstBytes = ownCopy(this.#firstBytes + bytes.slice(0, missing));
    if (protocolOfFirstBytes(this.#firstBytes) !== undefined) this.#state = 'binaryProtocol';
  }

  #nextLine(state: LineState): Action | undefined {
    const line = this.#lines.next();
    if (line === undefined) return this.#afterLastLine(state);
    if (line === TOO_LONG) return this.#onLineTooLong(state);
    switch (state) {
      case 'firstLine':
        return this.#onFirstLine(line);
      case 'command':
      case 'watching':
        return this.#onCommand(line, state);
      case 'message':
      case 'shutdownPassword':
      case 'storePassword':
        return this.#onArgument(dropTelnetCommands(line), state);
    }
  }

  /** The line after a command that takes one. */
  #onArgument(line: string, state: Exclude<LineState, CommandState>): Action | undefined {
    if (line === '') return this.#nextLine(state);
    switch (state) {
      case 'message':
        return this.#storeMessage(line);
      case 'shutdownPassword':
        return this.#checkPassword(line, 'shutDown');
      case 'storePassword':
        return this.#checkPassword(line, 'store');
    }
  }

  /**
   * The first line may be the request line of another protocol: its start is enough to detect that.
   */
  #onLineTooLong(state: LineState): Action {
    if (state !== 'firstLine') return this.#replyAndAwaitCommand(REPLY.lineTooLong);
    const start = dropTelnetCommands(trimLine(dropByteOrderMark(this.#firstBytes)));
    const protocol = protocolOfLongLine(start, this.#firstBytes);
    if (protocol !== undefined) return this.#rejectProtocol(protocol);
    return { do: 'reply', reply: REPLY.lineTooLong, line: undefined };
  }

  #onFirstLine(line: string): Action | undefined {
    const text = dropTelnetCommands(line);
    if (text === '') return this.#nextLine('firstLine');
    const protocol = protocolOfFirstLine(text, this.#firstBytes);
    if (protocol !== undefined) return this.#rejectProtocol(protocol);
    return this.#onCommand(text, 'firstLine');
  }

  #onCommand(line: string, state: CommandState): Action | undefined {
    const transition = this.#transitions.get(line);
    if (transition === undefined) return this.#onUnknownCommand(line, state);
    this.#state = transition.next;
    this.#hasUpdates = false;
    return transition.action;
  }

  #onUnknownCommand(line: string, state: CommandState): Action | undefined {
    const text = dropTelnetCommands(line);
    if (text === '') return this.#nextLine(state);
    if (text !== line) return this.#onCommand(text, state);
    const protocol = protocolOfLine(line);
    if (protocol !== undefined) return this.#rejectProtocol(protocol);
    return this.#replyAndAwaitCommand(REPLY.unknownCommand, line);
  }

  #storeMessage(line: string): Action {
    if (isCommand(line)) return this.#replyAndAwaitCommand(REPLY.expectedMessage, line);
    const message = decodeUtf8(line);
    if (message === undefined || !isPlainText(message)) {
      return this.#replyAndAwaitCommand(REPLY.notPlainText, line);
    }
    this.#state = 'awaitingOutcome';
    return { do: 'store', message, line };
  }

  #checkPassword(password: string, use: PasswordUse): Action {
    this.#state = 'awaitingOutcome';
    this.#passwordUse = use;
    return { do: 'checkPassword', password, use };
  }

  #onWrongPassword(result: 'wrong' | 'notChecked'): Action {
    this.#wrongPasswords++;
    if (result === 'wrong' && this.#wrongPasswords < MAX_WRONG_PASSWORDS) {
      return this.#replyAndAwaitCommand(REPLY.wrongPassword);
    }
    this.#state = 'closing';
    return { do: 'reply', reply: REPLY.tooManyWrongPasswords, line: undefined };
  }

  #replyAndAwaitCommand(reply: Reply, line?: string): Action {
    this.#state = 'command';
    return { do: 'reply', reply, line };
  }

  // Has no `line` to log: an HTTP header may contain a cookie or a password.
  #rejectProtocol(protocol: string): Action {
    this.#state = 'closing';
    return { do: 'rejectProtocol', protocol };
  }

  /** The next action once every line received so far is answered. */
  #afterLastLine(state: LineState): Action | undefined {
    if (state === 'watching' && this.#hasUpdates) {
      this.#hasUpdates = false;
      return SEND_UPDATES;
    }
    if (this.#hasInputEnded) {
      this.#state = 'closing';
      return this.next();
    }
    if (this.#closingReply === undefined) return undefined;
    this.#state = 'closing';
    return { do: 'reply', reply: this.#closingReply, line: undefined };
  }

  /**
   * Whether the text of a bare client is a line. A command must be complete; a message or a
   * password may be any text.
   */
  #isCompleteLine(text: string): boolean {
    switch (this.#state) {
      case 'firstLine':
      case 'command':
      case 'watching':
        return isCommand(dropTelnetCommands(text)) || this.#lines.endsWithCr;
      case 'message':
      case 'shutdownPassword':
      case 'storePassword':
        return this.#lines.mayBeComplete;
      default:
        return false;
    }
  }
}

function transitionsOf(transitions: Record<Command, CommandTransition>): CommandTransitions {
  return new Map(Object.entries(transitions));
}
