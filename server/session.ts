// One connection's half of the conversation (PROTOCOL.md, "Commands"). Pure: bytes, time and
// outcomes come in as calls; what to do about them goes out, one action at a time, from next().
//
//   command --MSGSTORE--> message --text--> outcome --stored--> command
//   command --SHUTDOWN--> password --text--> outcome --right--> shutDown --> close
//   command --QUIT--> close
//   anything said wrongly, in any state --> its reply, and command

import { type Command, isCommand } from '../protocol/commands.ts';
import { LineReader, MAX_LINE_BYTES, TOO_LONG } from '../protocol/lines.ts';
import { isPlainText } from '../protocol/plainText.ts';
import { REPLY, type Reply } from '../protocol/replies.ts';
import { decodeUtf8 } from '../protocol/utf8.ts';

type State =
  | 'command'
  | 'message'
  | 'password'
  /** A store or a password check is under way; what the peer says next has to wait. */
  | 'outcome'
  | 'shutDown'
  | 'close'
  | 'closed';

/**
 * What the socket's side does next. `line` is what the peer said, as a byte string, for the
 * console; `undefined` where nothing was said.
 */
export type Action =
  | { do: 'reply'; reply: Reply; line: string | undefined }
  /** `200 OK` and the message in force. */
  | { do: 'sendMessage'; line: string }
  /** Store the message, then call `stored` or `storeFailed`. */
  | { do: 'store'; message: string; line: string }
  /** Check the password (a byte string), then call `verified`. */
  | { do: 'verify'; password: string }
  /** End the whole server, once every reply has left. */
  | { do: 'shutDown' }
  /** End this connection, once every reply has left. Nothing comes after it. */
  | { do: 'close' };

const SHUT_DOWN: Action = { do: 'shutDown' };
const CLOSE: Action = { do: 'close' };

/** What each command is answered with, and what is awaited then. */
const ANSWERS: ReadonlyMap<string, { action: Action; next: State }> = new Map(
  Object.entries({
    MSGGET: { action: { do: 'sendMessage', line: 'MSGGET' }, next: 'command' },
    MSGSTORE: { action: { do: 'reply', reply: REPLY.ok, line: 'MSGSTORE' }, next: 'message' },
    QUIT: { action: { do: 'reply', reply: REPLY.ok, line: 'QUIT' }, next: 'close' },
    SHUTDOWN: {
      action: { do: 'reply', reply: REPLY.passwordRequired, line: 'SHUTDOWN' },
      next: 'password',
    },
  } satisfies Record<Command, { action: Action; next: State }>),
);

export class Session {
  readonly #lines = new LineReader(MAX_LINE_BYTES);
  #state: State = 'command';
  #inputEnded = false;
  #shuttingDown = false;

  /** Bytes came, as a byte string, cut anywhere. */
  receive(bytes: string): void {
    if (this.#state !== 'closed') this.#lines.push(bytes);
  }

  /** The peer half-closed: what it said without an LF counts as a line. */
  end(): void {
    this.#lines.endLine();
    this.#inputEnded = true;
  }

  /** The server is stopping: answer what was asked, say so, close. */
  shutDown(): void {
    this.#shuttingDown = true;
  }

  /**
   * Whether the peer may be one that never sends an LF (PROTOCOL.md, "Bare clients"): if so, call
   * `quiet` once its last byte is 100 ms old.
   */
  get mayBeBare(): boolean {
    return !this.#lines.hasSeenLf && this.#lines.rest !== '';
  }

  /**
   * A peer that may be bare has been quiet for long enough.
   *
   * @returns Whether what it said now counts as a line.
   */
  quiet(): boolean {
    const isLine = this.mayBeBare && this.#isWholeLine(this.#lines.rest);
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
  verified(isRight: boolean): Action {
    if (!isRight) return this.#refuse(REPLY.wrongPassword);
    this.#state = 'shutDown';
    return { do: 'reply', reply: REPLY.shutdownAccepted, line: undefined };
  }

  /** Whether an outcome is awaited: feed nothing more until it is known. */
  get isBusy(): boolean {
    return this.#state === 'outcome';
  }

  /** The next thing to do; `undefined` until something more comes in. */
  next(): Action | undefined {
    switch (this.#state) {
      case 'outcome':
      case 'closed':
        return undefined;
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

  #nextLine(awaiting: 'command' | 'message' | 'password'): Action | undefined {
    const line = this.#lines.next();
    if (line === undefined) return this.#nothingMore();
    if (line === TOO_LONG) return this.#refuse(REPLY.lineTooLong);
    switch (awaiting) {
      case 'command':
        return this.#command(line);
      case 'message':
        return this.#message(line);
      case 'password':
        this.#state = 'outcome';
        return { do: 'verify', password: line };
    }
  }

  #command(line: string): Action {
    const answer = ANSWERS.get(line);
    if (answer === undefined) return this.#refuse(REPLY.unknownCommand, line);
    this.#state = answer.next;
    return answer.action;
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

  #refuse(reply: Reply, line?: string): Action {
    this.#state = 'command';
    return { do: 'reply', reply, line };
  }

  #nothingMore(): Action | undefined {
    if (!this.#inputEnded && !this.#shuttingDown) return undefined;
    this.#state = 'close';
    if (this.#inputEnded) return this.next();
    return { do: 'reply', reply: REPLY.shuttingDown, line: undefined };
  }

  #isWholeLine(text: string): boolean {
    if (this.#state === 'command') return isCommand(text);
    return this.#state === 'message' || this.#state === 'password';
  }
}
