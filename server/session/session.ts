// One connection's half of the conversation (PROTOCOL.md, "Commands"). Pure: bytes, time and
// outcomes come in as calls; what to do about them goes out, one action at a time, from next().
//
//   opening --any line--> as in command
//   command --MSGSTORE--> [storePassword --right-->] message --text--> outcome --stored--> command
//   command --SHUTDOWN--> shutdownPassword --text--> outcome --right--> shutDown --> close
//   command --MSGWATCH--> watching --any line--> as in command
//   command --QUIT--> close
//   opening, command, watching --a line of another protocol--> close
//   opening --first bytes of a binary protocol--> foreign --> close
//   anything said wrongly, in any state --> its reply, and command

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

/** How many wrong passwords a connection may say; the last of them closes it. */
const MAX_WRONG_PASSWORDS = 3;

/** What a password is for. */
export type PasswordUse = 'shutDown' | 'store';

/** `opening` is `command` before the first line: what the peer is has yet to show. */
type CommandState = 'opening' | 'command' | 'watching';

type Awaiting = CommandState | 'message' | 'shutdownPassword' | 'storePassword';

type State =
  | Awaiting
  /** A store or a password check is under way; what the peer says next has to wait. */
  | 'outcome'
  /** Its first bytes are of a binary protocol: nothing more of it is read. */
  | 'foreign'
  | 'shutDown'
  | 'close'
  | 'closed';

/** How a password check can end; `refused` is one that was not even made: too many were wrong. */
export type Verdict = 'right' | 'wrong' | 'refused';

/**
 * What the socket's side does next. `line` is what the peer said, as a byte string, for the
 * console; `undefined` where nothing was said.
 */
export type Action =
  | { do: 'reply'; reply: Reply; line: string | undefined }
  /** `200 OK` and the message in force. */
  | { do: 'sendMessage'; line: string }
  /** The same; and from now on call `updated` whenever a message is stored. */
  | { do: 'watch'; line: string }
  /** The messages stored since the last one sent. */
  | { do: 'sendUpdates' }
  /** `200 OK`, the history, and its end; then come back for the next action. */
  | { do: 'sendHistory'; line: string }
  /** Store the message, then call `stored` or `storeFailed`. */
  | { do: 'store'; message: string; line: string }
  /** Check the password (a byte string), then call `verified`. */
  | { do: 'verify'; password: string; use: PasswordUse }
  /** Answer `400 UNKNOWN COMMAND` and report a peer that speaks `protocol`; `close` follows. */
  | { do: 'reject'; protocol: string }
  /** End the whole server, once every reply has left. */
  | { do: 'shutDown' }
  /** End this connection, once every reply has left. Nothing comes after it. */
  | { do: 'close' };

const SHUT_DOWN: Action = { do: 'shutDown' };
const CLOSE: Action = { do: 'close' };
const SEND_UPDATES: Action = { do: 'sendUpdates' };

interface Answer {
  action: Action;
  next: State;
}

/** What each command is answered with, and what is awaited then. */
const ANSWERS = answerTable({
  MSGGET: { action: { do: 'sendMessage', line: 'MSGGET' }, next: 'command' },
  MSGSTORE: { action: { do: 'reply', reply: REPLY.ok, line: 'MSGSTORE' }, next: 'message' },
  MSGWATCH: { action: { do: 'watch', line: 'MSGWATCH' }, next: 'watching' },
  MSGHIST: { action: { do: 'sendHistory', line: 'MSGHIST' }, next: 'command' },
  QUIT: { action: { do: 'reply', reply: REPLY.ok, line: 'QUIT' }, next: 'close' },
  SHUTDOWN: {
    action: { do: 'reply', reply: REPLY.passwordRequired, line: 'SHUTDOWN' },
    next: 'shutdownPassword',
  },
});

/** The same where a password guards the store. */
const GUARDED_ANSWERS: typeof ANSWERS = new Map([
  ...ANSWERS,
  [
    'MSGSTORE',
    {
      action: { do: 'reply', reply: REPLY.passwordRequired, line: 'MSGSTORE' },
      next: 'storePassword',
    },
  ],
]);

export interface SessionOptions {
  /** Whether MSGSTORE asks for a password. */
  isStoreGuarded: boolean;
}

export class Session {
  readonly #lines = new LineReader(MAX_LINE_BYTES);
  readonly #answers: typeof ANSWERS;
  #state: State = 'opening';
  /** The first bytes of the connection, as a byte string: they may show another protocol. */
  #opening = '';
  #passwordUse: PasswordUse = 'shutDown';
  #wrongPasswords = 0;
  #hasUpdates = false;
  #inputEnded = false;
  #dismissal: Reply | undefined;

  constructor({ isStoreGuarded }: SessionOptions) {
    this.#answers = isStoreGuarded ? GUARDED_ANSWERS : ANSWERS;
  }

  /** Bytes came, as a byte string, cut anywhere. */
  receive(bytes: string): void {
    if (this.#state === 'opening') this.#identify(bytes);
    if (this.#state !== 'closed') this.#lines.push(bytes);
  }

  /** The peer half-closed: what it said without an LF counts as a line. */
  end(): void {
    this.#lines.endLine();
    this.#inputEnded = true;
  }

  /** The peer has to go: answer what was asked, say why, close. */
  dismiss(why: Reply): void {
    this.#dismissal ??= why;
  }

  /** A message was stored, by whomever. */
  updated(): void {
    this.#hasUpdates = true;
  }

  /**
   * Whether the peer may be one that ends no line (PROTOCOL.md, "Bare clients"): if so, call
   * `quiet` once its last byte is 100 ms old.
   */
  get mayBeBare(): boolean {
    return !this.#lines.hasSeenLineEnd && this.#lines.unfinishedLine !== '';
  }

  /**
   * A peer that may be bare has been quiet for long enough.
   *
   * @returns Whether what it said now counts as a line.
   */
  quiet(): boolean {
    const isLine = this.mayBeBare && this.#isWholeLine(this.#lines.unfinishedLine);
    if (isLine) this.#lines.endLine();
    return isLine;
  }

  /** The message is stored for good. */
  stored(): Action {
    this.#state = 'command';
    return { do: 'reply', reply: REPLY.ok, line: undefined };
  }

  /** The message could not be made durable; the old one stands. */
  storeFailed(): Action {
    return this.#refuse(REPLY.storeUnavailable);
  }

  /** The password was checked. */
  verified(verdict: Verdict): Action {
    if (verdict !== 'right') return this.#wrongPassword(verdict);
    if (this.#passwordUse === 'store') {
      this.#state = 'message';
      return { do: 'reply', reply: REPLY.ok, line: undefined };
    }
    this.#state = 'shutDown';
    return { do: 'reply', reply: REPLY.shutdownAccepted, line: undefined };
  }

  /** Whether an outcome is awaited: feed nothing more until it is known. */
  get isBusy(): boolean {
    return this.#state === 'outcome';
  }

  /** Whether `updated` is to be called. */
  get isWatching(): boolean {
    return this.#state === 'watching';
  }

  /** The next thing to do; `undefined` until something more comes in. */
  next(): Action | undefined {
    switch (this.#state) {
      case 'outcome':
      case 'closed':
        return undefined;
      case 'foreign':
        return this.#reject(protocolOfFirstBytes(this.#opening) ?? 'binary data');
      case 'shutDown':
        this.#state = 'close';
        return SHUT_DOWN;
      case 'close':
        this.#state = 'closed';
        return CLOSE;
      default:
        return this.#nextLine(this.#state);
    }
  }

  /** A binary protocol shows in its first bytes, and may never send an LF. */
  #identify(bytes: string): void {
    const missing = MAX_FIRST_BYTES - this.#opening.length;
    if (missing === 0) return;
    this.#opening = ownCopy(this.#opening + bytes.slice(0, missing));
    if (protocolOfFirstBytes(this.#opening) !== undefined) this.#state = 'foreign';
  }

  #nextLine(awaiting: Awaiting): Action | undefined {
    const line = this.#lines.next();
    if (line === undefined) return this.#nothingMore(awaiting);
    if (line === TOO_LONG) return this.#tooLong(awaiting);
    switch (awaiting) {
      case 'opening':
        return this.#firstLine(line);
      case 'command':
      case 'watching':
        return this.#command(line, awaiting);
      case 'message':
      case 'shutdownPassword':
      case 'storePassword':
        return this.#answer(dropTelnetCommands(line), awaiting);
    }
  }

  #answer(line: string, awaiting: Exclude<Awaiting, CommandState>): Action | undefined {
    if (line === '') return this.#nextLine(awaiting);
    switch (awaiting) {
      case 'message':
        return this.#message(line);
      case 'shutdownPassword':
        return this.#password(line, 'shutDown');
      case 'storePassword':
        return this.#password(line, 'store');
    }
  }

  /** A request line may be longer than any line of ours: its head is enough. */
  #tooLong(awaiting: Awaiting): Action {
    if (awaiting !== 'opening') return this.#refuse(REPLY.lineTooLong);
    const head = dropTelnetCommands(trimLine(dropByteOrderMark(this.#opening)));
    const protocol = protocolOfLongLine(head, this.#opening);
    if (protocol !== undefined) return this.#reject(protocol);
    return { do: 'reply', reply: REPLY.lineTooLong, line: undefined };
  }

  #firstLine(line: string): Action | undefined {
    const text = dropTelnetCommands(line);
    if (text === '') return this.#nextLine('opening');
    const protocol = protocolOfFirstLine(text, this.#opening);
    if (protocol !== undefined) return this.#reject(protocol);
    return this.#command(text, 'opening');
  }

  #command(line: string, awaiting: CommandState): Action | undefined {
    const answer = this.#answers.get(line);
    if (answer === undefined) return this.#noCommand(line, awaiting);
    this.#state = answer.next;
    this.#hasUpdates = false;
    return answer.action;
  }

  #noCommand(line: string, awaiting: CommandState): Action | undefined {
    const text = dropTelnetCommands(line);
    if (text === '') return this.#nextLine(awaiting);
    if (text !== line) return this.#command(text, awaiting);
    const protocol = protocolOfLine(line);
    if (protocol !== undefined) return this.#reject(protocol);
    return this.#refuse(REPLY.unknownCommand, line);
  }

  #message(line: string): Action {
    if (isCommand(line)) return this.#refuse(REPLY.expectedMessage, line);
    const message = decodeUtf8(line);
    if (message === undefined || !isPlainText(message)) {
      return this.#refuse(REPLY.notPlainText, line);
    }
    this.#state = 'outcome';
    return { do: 'store', message, line };
  }

  #password(password: string, use: PasswordUse): Action {
    this.#state = 'outcome';
    this.#passwordUse = use;
    return { do: 'verify', password, use };
  }

  #wrongPassword(verdict: 'wrong' | 'refused'): Action {
    this.#wrongPasswords++;
    if (verdict === 'wrong' && this.#wrongPasswords < MAX_WRONG_PASSWORDS) {
      return this.#refuse(REPLY.wrongPassword);
    }
    this.#state = 'close';
    return { do: 'reply', reply: REPLY.tooManyWrongPasswords, line: undefined };
  }

  #refuse(reply: Reply, line?: string): Action {
    this.#state = 'command';
    return { do: 'reply', reply, line };
  }

  // The line is not reported: a header may hold a cookie or a password.
  #reject(protocol: string): Action {
    this.#state = 'close';
    return { do: 'reject', protocol };
  }

  #nothingMore(awaiting: Awaiting): Action | undefined {
    if (awaiting === 'watching' && this.#hasUpdates) {
      this.#hasUpdates = false;
      return SEND_UPDATES;
    }
    if (this.#inputEnded) {
      this.#state = 'close';
      return this.next();
    }
    if (this.#dismissal === undefined) return undefined;
    this.#state = 'close';
    return { do: 'reply', reply: this.#dismissal, line: undefined };
  }

  #isWholeLine(text: string): boolean {
    switch (this.#state) {
      case 'opening':
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

function answerTable(answers: Record<Command, Answer>): ReadonlyMap<string, Answer> {
  return new Map(Object.entries(answers));
}
