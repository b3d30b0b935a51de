// One question, one answer: what `motd get`, `set`, `watch` and `history` say to a server. What
// comes back is safe for any screen.

import type { Socket } from 'node:net';
import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { END_OF_HISTORY, isClosingReply, REPLY } from '../../protocol/replies.ts';
import { decodeForDisplay } from '../../protocol/utf8.ts';
import { bytes } from '../abortedError.ts';

/** A line of MSGHIST is a message and its time; a server that sends more is none of ours. */
export const MAX_REPLY_LINE_BYTES = 64 * 1024;

/** Of a reply in an error message: no reply of ours is longer, and logs and mails keep it. */
const MAX_QUOTED_LENGTH = 200;

/** Why a server whose line is longer is refused. */
export const REPLY_LINE_TOO_LONG = `the server sent a line of more than ${MAX_REPLY_LINE_BYTES} bytes`;

/** The server answered something else than was hoped for, or nothing any more. */
export class RefusedError extends Error {
  override name = 'RefusedError';
}

/** The server closed the connection. */
export class ClosedError extends RefusedError {
  override name = 'ClosedError';
  /** Whether it had sent a whole line before. */
  readonly hadSpoken: boolean;

  /** @param receivedBytes All that came over the connection. */
  constructor({ hadSpoken, receivedBytes }: { hadSpoken: boolean; receivedBytes: number }) {
    super(`the server closed the connection${hadSpoken ? '' : afterOnly(receivedBytes)}`);
    this.hadSpoken = hadSpoken;
  }
}

function afterOnly(receivedBytes: number): string {
  return receivedBytes === 0
    ? ' and sent nothing'
    : ` after ${bytes(receivedBytes)}, without a complete reply`;
}

/** The server's answer is no, and another server that knows the same things would say the same. */
export class DeniedError extends RefusedError {
  override name = 'DeniedError';
}

/** The message was sent, and the connection was lost before the answer. */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError';
}

/** @returns The message of the day. */
export async function getMessage(socket: Socket): Promise<string> {
  const server = new LineClient(socket);
  server.send('MSGGET');
  await server.expectReply(REPLY.ok);
  return server.readLine();
}

/** Sends the message. Settles once the server has stored it for good. */
export type Store = (message: string, storePassword: string | undefined) => Promise<void>;

/**
 * Says that the message of the day is to be changed. A server that is left then has stored nothing.
 *
 * @returns Once the server is there to take the message: what sends it. That fails with
 *   `OutcomeUnknownError` where the message was sent and no answer came, with `DeniedError` where
 *   another server should not be asked. After any other error this one has not stored it, as far
 *   as it knows.
 */
export async function askToStore(socket: Socket): Promise<Store> {
  const server = new LineClient(socket);
  server.send('MSGSTORE');
  const reply = await server.readLine();
  if (reply !== REPLY.ok && reply !== REPLY.passwordRequired) throw refused(reply);
  return async (message, storePassword) => {
    if (reply === REPLY.passwordRequired) await sendPassword(server, storePassword);
    server.send(message);
    const outcome = await server.readLine().catch((cause: unknown) => {
      throw new OutcomeUnknownError('the message was sent, and no complete reply came', { cause });
    });
    if (outcome === REPLY.ok) return;
    throw meansNotHere(outcome) ? refused(outcome) : denied(outcome);
  };
}

async function sendPassword(server: LineClient, storePassword: string | undefined): Promise<void> {
  if (storePassword === undefined) throw denied(REPLY.passwordRequired);
  server.send(storePassword);
  const verdict = await server.readLine();
  if (verdict === REPLY.ok) return;
  throw meansNotHere(verdict) ? refused(verdict) : denied(verdict);
}

/**
 * Whether a reply says that nothing was stored, and nothing about another server.
 *
 * One that stops answers first what it was asked (PROTOCOL.md, "Replies"): instead of an answer, its
 * 421 means that the message was not taken. One that is told to go for its wrong passwords should
 * not try them elsewhere.
 *
 * 503 is about the server's own way to the store; the next one may have a better. A server that was
 * cut off from etcd in the middle of a transaction finds out only later that it was made
 * (server/stores/etcd/etcdWriter.ts); the next one has then stored the same words again, and the history has
 * them twice. That is better than a message nobody stores.
 */
function meansNotHere(reply: string): boolean {
  if (reply === REPLY.storeUnavailable) return true;
  return isClosingReply(reply) && reply !== REPLY.tooManyWrongPasswords;
}

/**
 * Asks for the messages stored so far.
 *
 * @returns Once the server has begun to tell them: they, oldest first, each with its time before
 *   it.
 */
export async function askForHistory(socket: Socket): Promise<AsyncGenerator<string, void>> {
  const server = new LineClient(socket);
  server.send('MSGHIST');
  await server.expectReply(REPLY.ok);
  return historyFrom(server);
}

async function* historyFrom(server: LineClient): AsyncGenerator<string, void> {
  for (;;) {
    const line = await server.readLine();
    if (line === END_OF_HISTORY) return;
    yield line;
  }
}

/**
 * Asks for the message of the day, and each later one as it is stored.
 *
 * @returns Once the first is there: they, until the connection is lost.
 */
export async function askToWatch(socket: Socket): Promise<AsyncGenerator<string, never>> {
  const server = new LineClient(socket);
  server.send('MSGWATCH');
  await server.expectReply(REPLY.ok);
  return newsFrom(server, await server.readLine());
}

async function* newsFrom(server: LineClient, inForce: string): AsyncGenerator<string, never> {
  yield inForce;
  for (;;) {
    const line = await server.readLine();
    // A message may be these very words: whoever connects again is told it as the message in force.
    if (isClosingReply(line)) throw refused(line);
    yield line;
  }
}

function refused(reply: string): RefusedError {
  return new RefusedError(quoted(reply));
}

function denied(reply: string): DeniedError {
  return new DeniedError(quoted(reply));
}

/** @param reply It is safe to show. */
export function quoted(reply: string): string {
  const isShort = reply.length <= MAX_QUOTED_LENGTH;
  return `the server said: ${isShort ? reply : `${reply.slice(0, MAX_QUOTED_LENGTH)} …`}`;
}

/** The server's side of the conversation, a line at a time. */
class LineClient {
  readonly #socket: Socket;
  readonly #lines: AsyncGenerator<string, void>;
  #hasSpoken = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#lines = linesFrom(socket);
  }

  send(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /** @returns The next line it says. */
  async readLine(): Promise<string> {
    const { value } = await this.#lines.next();
    if (value === undefined) {
      const receivedBytes = this.#socket.bytesRead;
      throw new ClosedError({ hadSpoken: this.#hasSpoken, receivedBytes });
    }
    this.#hasSpoken = true;
    return value;
  }

  async expectReply(reply: string): Promise<void> {
    const heard = await this.readLine();
    if (heard !== reply) throw refused(heard);
  }
}

async function* linesFrom(socket: Socket): AsyncGenerator<string, void> {
  const reader = new LineReader(MAX_REPLY_LINE_BYTES);
  for await (const chunk of socket) {
    reader.push(chunk.toString('latin1'));
    for (let line = reader.next(); line !== undefined; line = reader.next()) {
      if (line === TOO_LONG) throw new RefusedError(REPLY_LINE_TOO_LONG);
      yield escapeControls(decodeForDisplay(line));
    }
  }
}
