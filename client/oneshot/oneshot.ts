// One request per connection: what the commands for scripts do with a server. Everything they return
// is safe to display.

import type { ListCommand, WriteCommand } from '../../protocol/commands.ts';
import { isClosingReply, REPLY } from '../../protocol/replies.ts';
import type { ServerConnection } from '../connect.ts';
import { type EntryDetails, readEntryLine, type StoredEntry } from '../replies/entryLine.ts';
import { readHistoryLine } from '../replies/historyLine.ts';
import { ListReader } from '../replies/listReader.ts';
import { MessageReader } from '../replies/messageReader.ts';
import { type Plan, readPlanLine } from '../replies/planLine.ts';
import { type WatchEvent, WatchReader } from '../replies/watchReader.ts';
import { DetailsWatch } from './detailsWatch.ts';
import { LineClient } from './lineClient.ts';
import { deniedError, OutcomeUnknownError, RejectedError, rejectedError } from './replyErrors.ts';

/**
 * @returns The message of the day.
 * @throws RejectedError if the server sends another reply.
 */
export async function getMessage(socket: ServerConnection): Promise<string> {
  const server = new LineClient(socket);
  server.send('MSGGET');
  return messageIn(await server.readEvent(new MessageReader()));
}

/**
 * @returns The message in force, and what is known about it.
 * @throws RejectedError if the server sends another reply.
 */
export async function getDetails(socket: ServerConnection): Promise<EntryDetails> {
  const server = new LineClient(socket);
  server.send('MSGINFO');
  const reply = await server.readLine();
  const line = reply === REPLY.ok ? await server.readLine() : reply;
  const details = reply === REPLY.ok ? readEntryLine(line) : undefined;
  if (details === undefined) throw rejectedError(line);
  return details;
}

function messageIn(event: WatchEvent): string {
  if (event.is === 'message') return event.message;
  throw rejectedError(event.reply);
}

/** Sends the line that a command awaits. @returns The number of what was stored, if it has one. */
export type SendChange = (
  line: string,
  storePassword: string | undefined,
) => Promise<number | undefined>;

/**
 * Starts to change something. If the connection is closed after this, the server has changed
 * nothing.
 *
 * @returns A function that sends the line that the command awaits, when the server is ready to take
 *   it, and resolves when the change is durable. It throws OutcomeUnknownError if the line was sent
 *   and no reply arrived, and DeniedError if no other server should be asked. After any other error,
 *   this server has not changed anything, as far as it knows.
 */
export function askToWrite(command: WriteCommand) {
  return async (socket: ServerConnection): Promise<SendChange> => {
    const server = new LineClient(socket);
    server.send(command);
    const reply = await server.readLine();
    if (reply !== REPLY.ok && reply !== REPLY.passwordRequired) throw rejectedError(reply);
    return async (line, storePassword) => {
      if (reply === REPLY.passwordRequired) await sendPassword(server, storePassword);
      server.send(line);
      const outcome = await server.readLine().catch((cause: unknown) => {
        throw new OutcomeUnknownError(command, { cause });
      });
      return numberIn(outcome, command);
    };
  };
}

async function sendPassword(server: LineClient, storePassword: string | undefined): Promise<void> {
  if (storePassword === undefined) throw deniedError(REPLY.passwordRequired);
  server.send(storePassword);
  const reply = await server.readLine();
  if (reply !== REPLY.ok) throw refusedWith(reply);
}

const ACCEPTED = /^200 OK(?: (?<number>\d{1,15}))?$/;

function numberIn(reply: string, command: WriteCommand): number | undefined {
  const fields = ACCEPTED.exec(reply)?.groups;
  if (fields === undefined) throw refusedWith(reply, command);
  const { number } = fields;
  return number === undefined ? undefined : Number(number);
}

function refusedWith(reply: string, command?: WriteCommand): RejectedError {
  return mayAskNext(reply) ? rejectedError(reply, command) : deniedError(reply);
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
 * Requests a list.
 *
 * @returns Its lines, when the server has accepted the request; the oldest entry is first.
 */
export function askForList(command: ListCommand) {
  return (socket: ServerConnection) => requestList(new LineClient(socket), command);
}

async function requestList(
  server: LineClient,
  command: ListCommand,
): Promise<AsyncGenerator<string, void>> {
  const reader = new ListReader();
  server.send(command);
  const event = await server.readEvent(reader);
  if (event.is === 'rejected') throw rejectedError(event.reply);
  return linesOf(server, reader);
}

async function* linesOf(server: LineClient, reader: ListReader): AsyncGenerator<string, void> {
  for (;;) {
    const event = await server.readEvent(reader);
    if (event.is === 'end') return;
    if (event.is === 'entry') yield event.line;
  }
}

/**
 * Requests a list on a connection that may have been used before.
 *
 * @returns Its entries, when the server has accepted the request; the oldest entry is first. Throws
 *   RejectedError, while it is iterated, if a line cannot be parsed.
 */
export async function requestEntries<Entry>(
  server: LineClient,
  command: ListCommand,
  parse: (line: string) => Entry | undefined,
): Promise<AsyncGenerator<Entry, void>> {
  return parsed(await requestList(server, command), parse);
}

async function* parsed<Entry>(
  lines: AsyncIterable<string>,
  parse: (line: string) => Entry | undefined,
): AsyncGenerator<Entry, void> {
  for await (const line of lines) {
    const entry = parse(line);
    if (entry === undefined) throw rejectedError(line);
    yield entry;
  }
}

/**
 * Requests the entries that have begun, with all their details; oldest first. MSGLIST has the details,
 * MSGHIST the choice, by the clock of the server. An older server has only MSGHIST.
 */
export async function askForHistory(
  socket: ServerConnection,
): Promise<AsyncGenerator<StoredEntry, void>> {
  const server = new LineClient(socket);
  return historyFrom(server, await requestEntries(server, 'MSGHIST', readHistoryLine));
}

async function* historyFrom(
  server: LineClient,
  history: AsyncIterable<StoredEntry>,
): AsyncGenerator<StoredEntry, void> {
  const begun = await all(history);
  const details = await requestEntries(server, 'MSGLIST', readEntryLine).catch((error: unknown) => {
    const isOlder = error instanceof RejectedError && error.reply === REPLY.unknownCommand;
    if (!isOlder) throw error;
  });
  yield* details === undefined ? begun : listedIn(begun, await all(details));
}

async function all<Entry>(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const list: Entry[] = [];
  for await (const entry of entries) list.push(entry);
  return list;
}

/** Of entries that look the same in MSGHIST, those that begin first have begun. */
function listedIn(begun: readonly StoredEntry[], entries: readonly EntryDetails[]): EntryDetails[] {
  const counts = new Map<string, number>();
  const add = (entry: StoredEntry, change: number) => {
    const key = historyKey(entry);
    const count = (counts.get(key) ?? 0) + change;
    counts.set(key, count);
    return count;
  };
  for (const entry of begun) add(entry, 1);
  const byBeginning = entries.toSorted((one, other) => beginningOf(one) - beginningOf(other));
  const listed = new Set(byBeginning.filter((entry) => add(entry, -1) >= 0));
  return entries.filter((entry) => listed.has(entry));
}

/** When an entry begins, in milliseconds since 1970. */
function beginningOf({ fromMs = 0, untilMs = fromMs }: EntryDetails): number {
  // It was canceled before it began.
  return untilMs < fromMs ? Number.MAX_SAFE_INTEGER : fromMs;
}

/** What MSGHIST and MSGLIST both have of an entry. MSGHIST has its time in whole seconds. */
function historyKey({ storedAtMs = 0, message }: StoredEntry): string {
  return `${Math.floor(storedAtMs / 1000)} ${message}`;
}

/**
 * Requests the messages that are in force by a window, or still to come, with all their details;
 * oldest first.
 */
export async function askForPlannedEntries(
  socket: ServerConnection,
): Promise<AsyncGenerator<EntryDetails, void>> {
  const server = new LineClient(socket);
  const numbers = new Set<number>();
  // The server decides which are over: its clock counts.
  const plans = await requestEntries(server, 'MSGPLANS', readPlanLine);
  for await (const { number } of plans) numbers.add(number);
  return chosen(await requestEntries(server, 'MSGLIST', readEntryLine), numbers);
}

async function* chosen(
  entries: AsyncIterable<EntryDetails>,
  numbers: ReadonlySet<number>,
): AsyncGenerator<EntryDetails, void> {
  for await (const entry of entries) if (numbers.has(entry.number)) yield entry;
}

/** Requests the messages that are in force by a window, or still to come; oldest first. */
export async function askForPlans(socket: ServerConnection): Promise<AsyncGenerator<Plan, void>> {
  return requestEntries(new LineClient(socket), 'MSGPLANS', readPlanLine);
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

/** Like `askToWatch`, with what is known about each message. */
export async function askToWatchDetails(
  socket: ServerConnection,
): Promise<AsyncGenerator<StoredEntry, never>> {
  const watch = new DetailsWatch(new LineClient(socket));
  return entriesFrom(watch, await watch.next());
}

async function* entriesFrom(
  watch: DetailsWatch,
  first: StoredEntry,
): AsyncGenerator<StoredEntry, never> {
  yield first;
  for (;;) yield await watch.next();
}

async function* messagesFrom(
  server: LineClient,
  reader: WatchReader,
  first: string,
): AsyncGenerator<string, never> {
  yield first;
  for (;;) yield messageIn(await server.readEvent(reader));
}
