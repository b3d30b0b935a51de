// One question, one answer: what `motd get`, `set`, `watch` and `history` say to a server. What
// comes back is safe for any screen.

import type { Socket } from 'node:net';
import { LineReader, TOO_LONG } from '../protocol/lines.ts';
import { escapeControls } from '../protocol/plainText.ts';
import { END_OF_HISTORY, isDismissal, REPLY } from '../protocol/replies.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';

/** A line of MSGHIST is a message and its time; a server that says more is none of ours. */
const MAX_LINE_BYTES = 64 * 1024;

export const SERVER_CLOSED = 'the server closed the connection';

/** The server answered something else than was hoped for, or nothing any more. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** The message was sent, and the connection was lost before the answer. */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError';
}

/** @returns The message of the day. */
export async function getMessage(socket: Socket): Promise<string> {
  const server = new Server(socket);
  server.say('MSGGET');
  await server.expect(REPLY.ok);
  return server.hear();
}

/**
 * Changes the message of the day.
 *
 * @param storePassword What to say where the server asks for a password.
 * @returns Once the server has stored it for good.
 */
export async function setMessage(
  socket: Socket,
  message: string,
  storePassword?: string,
): Promise<void> {
  const server = new Server(socket);
  server.say('MSGSTORE');
  const reply = await server.hear();
  if (reply === REPLY.passwordRequired) {
    if (storePassword === undefined) throw new RefusedError(`the server said: ${reply}`);
    server.say(storePassword);
    await server.expect(REPLY.ok);
  } else if (reply !== REPLY.ok) {
    throw new RefusedError(`the server said: ${reply}`);
  }
  server.say(message);
  const outcome = await server.hear().catch((cause: unknown) => {
    throw new OutcomeUnknownError('the message was sent, and no answer came', { cause });
  });
  if (outcome !== REPLY.ok) throw new RefusedError(`the server said: ${outcome}`);
}

/** Yields the messages stored so far, oldest first, each with its time before it. */
export async function* tellHistory(socket: Socket): AsyncGenerator<string, void> {
  const server = new Server(socket);
  server.say('MSGHIST');
  await server.expect(REPLY.ok);
  for (;;) {
    const line = await server.hear();
    if (line === END_OF_HISTORY) return;
    yield line;
  }
}

/**
 * Yields the message of the day, and each later one as it is stored, until the connection is lost.
 */
export async function* watchMessage(socket: Socket): AsyncGenerator<string, never> {
  const server = new Server(socket);
  server.say('MSGWATCH');
  await server.expect(REPLY.ok);
  yield await server.hear();
  for (;;) {
    const line = await server.hear();
    // A message may be these very words: whoever connects again is told it as the message in force.
    if (isDismissal(line)) throw new RefusedError(`the server said: ${line}`);
    yield line;
  }
}

/** The server's side of the conversation, a line at a time. */
class Server {
  readonly #socket: Socket;
  readonly #lines: AsyncGenerator<string, void>;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = linesFrom(socket);
  }

  say(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /** @returns The next line it says. */
  async hear(): Promise<string> {
    const { value } = await this.#lines.next();
    if (value === undefined) throw new RefusedError(SERVER_CLOSED);
    return value;
  }

  async expect(reply: string): Promise<void> {
    const heard = await this.hear();
    if (heard !== reply) throw new RefusedError(`the server said: ${heard}`);
  }
}

async function* linesFrom(socket: Socket): AsyncGenerator<string, void> {
  const reader = new LineReader(MAX_LINE_BYTES);
  for await (const chunk of socket) {
    reader.push(chunk.toString('latin1'));
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      if (line === TOO_LONG) throw new RefusedError('the server said a line too long to show');
      yield escapeControls(decodeForDisplay(line));
    }
  }
}
