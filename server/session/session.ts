// The state machine of one connection (PROTOCOL.md, "Commands").
//
// A client sends one command per line. MSGSTORE takes the message from the next line, as the other
// commands that change something take theirs, and SHUTDOWN the password. MSGWATCH sends every later
// message until the client sends a line.
//
// Operations: the caller passes in what happens (`receive` bytes, `endInput`, `written`, …). After
// each call it performs the actions that `next` returns, until there is none. Pure: the session has
// no socket, no clock and no store.
//
// Goals: replies come in the order of the lines; the result does not depend on how TCP split the
// bytes, unless `takesReadsAsLines`; and memory is bounded by one chunk of input.
//
// Design: each state awaits a line, an outcome, a call of `next`, or nothing, and carries its data
// (sessionState.ts). The transitions:
//
//   state      event                                action           next state
//   firstLine  bytes of a binary protocol                            due: rejectProtocol, closing
//              a line of another protocol           rejectProtocol   closing
//              a line over the limit                reply 413        firstLine
//              any other line                       as in command
//   command    MSGGET                               sendMessage      command
//              MSGINFO                              sendInfo         command
//              MSGHIST, MSGLIST, MSGPLANS           sendList         command
//              MSGWATCH                             watch            watching
//              a write command                      reply 200        argument
//              a write command, if a password is    reply 300        password
//              set
//              SHUTDOWN                             reply 300        password
//              QUIT                                 reply 200        closing
//              a line of HTTP or a PROXY header     rejectProtocol   closing
//              any other line                       reply 400        command
//   watching   updated                                               watching, with updates
//              no line is left, and it has updates  sendUpdate       watching
//              a line                               as in command
//   argument   what the command takes               write            writing
//              a command, or another line           reply            command
//   password   a line                               checkPassword    checking
//   writing    written                                               due: its reply, command
//   checking   right, for a write command                            due: reply 200, argument
//              right, for SHUTDOWN                                   due: reply, shutDown, closing
//              wrong                                                 due: reply 301, command
//              the third wrong one, or not checked                   due: reply 421, closing
//   due        next                                 its action       its next state
//   closed
//
// "due: reply 200, command" is the state `due` with that action and that next state; `closing` is
// short for "due: close, closed". In a state that awaits a line:
//
//   a blank line                                    no action        the same state
//   a line over the limit, not in firstLine         reply 413        command
//   no line is left, and the input has ended        close            closed
//   no line is left, and `closeWith` was called     its reply        closing

import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import { isCommand } from '../../protocol/commands.ts';
import { protocolOfFirstLine, protocolOfLine } from '../../protocol/foreignProtocol.ts';
import { LineReader, MAX_LINE_BYTES, TOO_LONG } from '../../protocol/lines.ts';
import { REPLY, type Reply } from '../../protocol/replies.ts';
import { dropTelnetCommands } from '../../protocol/telnet.ts';
import type { Action } from './action.ts';
import {
  answerTo,
  COMMANDS,
  COMMANDS_WITH_STORE_PASSWORD,
  type CommandTable,
} from './commandTable.ts';
import { protocolOfLongFirstLine, rejectionOf, withFirstBytes } from './firstBytes.ts';
import {
  afterWrongPassword,
  CLOSING,
  COMMAND,
  type Due,
  FIRST_LINE,
  type FirstLine,
  type LineState,
  replyDue,
  type SessionState,
  WATCHING,
  WATCHING_WITH_UPDATES,
  WRITING,
} from './sessionState.ts';
import { parseWriteRequest } from './writeRequest.ts';

const SEND_UPDATE: Action = { do: 'sendUpdate' };

export interface SessionOptions {
  /** Whether the commands that change messages require a password. */
  isStoreGuarded: boolean;
  /** Whether the end of each read ends a line, too (PROTOCOL.md, "The original client"). */
  takesReadsAsLines?: boolean;
}

export class Session {
  readonly #lines = new LineReader(MAX_LINE_BYTES);
  readonly #commands: CommandTable;
  readonly #takesReadsAsLines: boolean;
  #state: SessionState = FIRST_LINE;
  /** The state once every line is answered; `undefined` while more lines are awaited. */
  #ending: Due | undefined;
  #wrongPasswords = 0;

  constructor({ isStoreGuarded, takesReadsAsLines = false }: SessionOptions) {
    this.#takesReadsAsLines = takesReadsAsLines;
    this.#commands = isStoreGuarded ? COMMANDS_WITH_STORE_PASSWORD : COMMANDS;
  }

  /** @param bytes What one read returned, a byte string. */
  receive(bytes: string): void {
    const state = this.#state;
    if (state.is === 'closed') return;
    if (state.is === 'firstLine') this.#state = withFirstBytes(state, bytes);
    this.#lines.push(bytes);
    if (this.#takesReadsAsLines && bytes !== '') this.#lines.endLine();
  }

  /** The peer half-closed: text without an LF counts as a line. It is still sent a closing reply. */
  endInput(): void {
    this.#lines.endLine();
    this.#ending ??= CLOSING;
  }

  /** Answers the lines received so far, sends this reply, and closes. Later calls do nothing. */
  closeWith(reply: Reply): void {
    this.#ending ??= replyDue(reply, CLOSING);
  }

  /** Another message came into force. */
  updated(): void {
    if (this.#state.is === 'watching') this.#state = WATCHING_WITH_UPDATES;
  }

  /** The outcome of a write: it is durable, or nothing was changed. */
  written(reply: Reply): void {
    this.#state = replyDue(reply, COMMAND);
  }

  passwordChecked(result: PasswordResult): void {
    if (this.#state.is !== 'checking') throw new Error('no password check was in progress');
    if (result === 'right') {
      this.#state = this.#state.right;
      return;
    }
    this.#state = afterWrongPassword(result, ++this.#wrongPasswords);
  }

  /** Whether an outcome is awaited. Pass in no more input until it is known. */
  get awaitsOutcome(): boolean {
    return this.#state.is === 'writing' || this.#state.is === 'checking';
  }

  /** Whether an action is due before the next line: after an outcome, the reply that reports it. */
  get isDue(): boolean {
    return this.#state.is === 'due';
  }

  /** Whether the peer has to be sent every message that comes into force. */
  get isWatching(): boolean {
    return this.#state.is === 'watching';
  }

  /** Whether the peer has sent no complete line yet. */
  get awaitsFirstLine(): boolean {
    return this.#state.is === 'firstLine';
  }

  /**
   * Whether the peer may be a client that sends no LF (PROTOCOL.md, "Bare clients"). If so, call
   * `endQuietLine` when it has sent nothing for 100 ms.
   */
  get mayBeBareClient(): boolean {
    return !this.#lines.hasSeenLineEnd && this.#lines.unfinishedLine !== '';
  }

  /** @returns Whether the text of the unfinished line can be a complete one: then it is ended. */
  endQuietLine(): boolean {
    const isLine = this.mayBeBareClient && this.#isCompleteLine(this.#lines.unfinishedLine);
    if (isLine) this.#lines.endLine();
    return isLine;
  }

  /** @returns The next action; `undefined` if there is none until something else happens. */
  next(): Action | undefined {
    const state = this.#state;
    switch (state.is) {
      case 'due':
        return this.#take(state);
      case 'writing':
      case 'checking':
      case 'closed':
        return undefined;
      default:
        return this.#nextLine(state);
    }
  }

  #nextLine(state: LineState): Action | undefined {
    const line = this.#lines.next();
    if (line === undefined) return this.#afterLastLine(state);
    if (line === TOO_LONG) return this.#onLineTooLong(state);
    switch (state.is) {
      case 'command':
      case 'watching':
        return this.#onCommand(line, state);
      case 'firstLine':
        return this.#onFirstLine(line, state);
      case 'argument':
        return this.#onArgument(dropTelnetCommands(line), state);
      case 'password':
        return this.#onPassword(dropTelnetCommands(line), state);
    }
  }

  /** The next action once every line received so far is answered. */
  #afterLastLine(state: LineState): Action | undefined {
    if (state.is === 'watching' && state.hasUpdates) {
      this.#state = WATCHING;
      return SEND_UPDATE;
    }
    return this.#ending && this.#take(this.#ending);
  }

  #onLineTooLong(state: LineState): Action {
    if (state.is !== 'firstLine') return this.#replyAndAwaitCommand(REPLY.lineTooLong);
    const protocol = protocolOfLongFirstLine(state);
    if (protocol !== undefined) return this.#take(rejectionOf(protocol));
    return { do: 'reply', reply: REPLY.lineTooLong, line: undefined };
  }

  #onFirstLine(line: string, state: FirstLine): Action | undefined {
    const text = dropTelnetCommands(line);
    if (text === '') return this.#nextLine(state);
    const protocol = protocolOfFirstLine(text, state.firstBytes);
    if (protocol !== undefined) return this.#take(rejectionOf(protocol));
    return this.#onCommand(text, state);
  }

  #onCommand(line: string, state: LineState): Action | undefined {
    const answer = answerTo(line, this.#commands);
    if (answer !== undefined) return this.#take(answer);
    const text = dropTelnetCommands(line);
    if (text === '') return this.#nextLine(state);
    if (text !== line) return this.#onCommand(text, state);
    const protocol = protocolOfLine(line);
    if (protocol !== undefined) return this.#take(rejectionOf(protocol));
    // Not logged: it may be a password, also with a command before it.
    return this.#replyAndAwaitCommand(REPLY.unknownCommand);
  }

  #onArgument(line: string, state: LineState & { is: 'argument' }): Action | undefined {
    if (line === '') return this.#nextLine(state);
    if (isCommand(line)) return this.#replyAndAwaitCommand(REPLY.expectedMessage, line);
    const request = parseWriteRequest(state.command, line);
    if (typeof request === 'string') {
      // Any line after MSGSTORE is a message. What the others reject may be a password that came early.
      return this.#replyAndAwaitCommand(request, state.command === 'MSGSTORE' ? line : undefined);
    }
    this.#state = WRITING;
    return { do: 'write', request, line };
  }

  #onPassword(line: string, state: LineState & { is: 'password' }): Action | undefined {
    if (line === '') return this.#nextLine(state);
    const { use, right } = state;
    this.#state = { is: 'checking', right };
    return { do: 'checkPassword', password: line, use };
  }

  #replyAndAwaitCommand(reply: Reply, line?: string): Action {
    this.#state = COMMAND;
    return { do: 'reply', reply, line };
  }

  /** @returns The action that is due. */
  #take({ action, next }: Due): Action {
    this.#state = next;
    return action;
  }

  /**
   * Whether the text of a bare client is a line. A command must be complete; a message or a
   * password may be any text.
   */
  #isCompleteLine(text: string): boolean {
    switch (this.#state.is) {
      case 'firstLine':
      case 'command':
      case 'watching':
        return isCommand(dropTelnetCommands(text)) || this.#lines.endsWithCr;
      case 'argument':
      case 'password':
        return this.#lines.mayBeComplete;
      default:
        return false;
    }
  }
}
