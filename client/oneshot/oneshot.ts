// One request per connection: what `motd get`, `set`, `watch` and `history` do with a server.
// Everything they return is safe to display.

import { isClosingReply, REPLY } from '../../protocol/replies.ts';
import type { ServerConnection } from '../connect.ts';
import { HistoryLineReader } from '../replies/historyLineReader.ts';
import { MessageReader } from '../replies/messageReader.ts';
import { type WatchEvent, WatchReader } from '../replies/watchReader.ts';
import { LineClient } from './lineClient.ts';
import { deniedError, OutcomeUnknownError, rejectedError } from './replyErrors.ts';

/**
 * @returns The message of the day.
 * @throws RejectedError if the server sends another reply.
 */
export async function getMessage(socket: ServerConnection): Promise<string> {
  const server = new LineClient(socket);
  server.send('MSGGET');
  return messageIn(await server.readEvent(new MessageReader()));
}

function messageIn(event: WatchEvent): string {
  if (event.is === 'message') return event.message;
  throw rejectedError(event.reply);
}

/** Sends the message, and resolves when the server has stored it durably. */
export type StoreMessage = (message: string, storePassword: string | undefined) => Promise<void>;

/**
 * Starts to store a message. If the connection is closed after this, the server has stored nothing.
 *
 * @returns A function that sends the message, when the server is ready to take it. It throws
 *   OutcomeUnknownError if the message was sent and no reply arrived, and DeniedError if no other
 *   server should be asked. After any other error, this server has not stored the message, as far
 *   as it knows.
 */
export async function askToStore(socket: ServerConnection): Promise<StoreMessage> {
  const server = new LineClient(socket);
  server.send('MSGSTORE');
  const reply = await server.readLine();
  if (reply !== REPLY.ok && reply !== REPLY.passwordRequired) throw rejectedError(reply);
  return async (message, storePassword) => {
    if (reply === REPLY.passwordRequired) await sendPassword(server, storePassword);
    server.send(message);
    const outcome = await server.readLine().catch((cause: unknown) => {
      throw new OutcomeUnknownError('the message was sent, but no complete reply arrived', {
        cause,
      });
    });
    requireOk(outcome);
  };
}

async function sendPassword(server: LineClient, storePassword: string | undefined): Promise<void> {
  if (storePassword === undefined) throw deniedError(REPLY.passwordRequired);
  server.send(storePassword);
  requireOk(await server.readLine());
}

function requireOk(reply: string): void {
  if (reply === REPLY.ok) return;
  throw mayAskNext(reply) ? rejectedError(reply) : deniedError(reply);
}

/**
 * Whether a reply means that nothing was stored, and another server may reply differently.
 *
 * A server that stops first answers the lines it has received (PROTOCOL.md, "Replies"): a 421
 * instead of an answer means that the message was not stored. A client rejected for its wrong
 * passwords must not try them on another server.
 *
 * 503 is about the server's own connection to the store; the next server may have a working one. A
 * server that loses etcd in the middle of a transaction learns only later that the transaction was
 * committed (server/stores/etcd/etcdWriter.ts). The next server has then stored the same words
 * again, and the history contains them twice. That is better than not storing the message at all.
 */
function mayAskNext(reply: string): boolean {
  if (reply === REPLY.storeUnavailable) return true;
  return isClosingReply(reply) && reply !== REPLY.tooManyWrongPasswords;
}

/**
 * Requests the messages stored so far.
 *
 * @returns The entries, when the server has accepted the request. Each is a time and a message; the
 *   oldest is first.
 */
export async function askForHistory(
  socket: ServerConnection,
): Promise<AsyncGenerator<string, void>> {
  const server = new LineClient(socket);
  const reader = new HistoryLineReader();
  server.send('MSGHIST');
  const event = await server.readEvent(reader);
  if (event.is === 'rejected') throw rejectedError(event.reply);
  return entriesFrom(server, reader);
}

async function* entriesFrom(
  server: LineClient,
  reader: HistoryLineReader,
): AsyncGenerator<string, void> {
  for (;;) {
    const event = await server.readEvent(reader);
    if (event.is === 'end') return;
    if (event.is === 'entry') yield event.line;
  }
}

/**
 * Requests the message of the day, and every later one when it is stored.
 *
 * @returns All messages until the connection is lost, when the first one has arrived. A message
 *   that is worded as a closing reply also ends them; the next connection gets that message first.
 */
export async function askToWatch(socket: ServerConnection): Promise<AsyncGenerator<string, never>> {
  const server = new LineClient(socket);
  const reader = new WatchReader();
  server.send('MSGWATCH');
  return messagesFrom(server, reader, messageIn(await server.readEvent(reader)));
}

async function* messagesFrom(
  server: LineClient,
  reader: WatchReader,
  first: string,
): AsyncGenerator<string, never> {
  yield first;
  for (;;) yield messageIn(await server.readEvent(reader));
}
