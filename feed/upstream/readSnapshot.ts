// Asks a server for the message in force and its entries, on one connection.

import type { ServerConnection } from '../../client/connect.ts';
import { LineClient } from '../../client/oneshot/lineClient.ts';
import { rejectedError } from '../../client/oneshot/replyErrors.ts';
import { readEntryLine } from '../../client/replies/entryLine.ts';
import { HistoryLineReader } from '../../client/replies/historyLineReader.ts';
import { REPLY } from '../../protocol/replies.ts';
import { type FeedEntry, MAX_ENTRIES, type Snapshot } from '../content/snapshot.pure.ts';

// A line of MSGHIST: a time and a message.
const HISTORY_ENTRY = /^(?<time>\S+) (?<message>.+)$/s;

/**
 * Asks with MSGINFO and MSGLIST. A server that does not know them is asked with MSGHIST; its entries
 * have no numbers.
 *
 * @param message The message in force, as the server has sent it before. An older server does not
 *   send it again.
 * @throws RejectedError if the server sends another reply; the connection's own error.
 */
export async function readSnapshot(socket: ServerConnection, message: string): Promise<Snapshot> {
  const server = new LineClient(socket);
  server.send('MSGINFO');
  const reply = await server.readLine();
  if (reply === REPLY.unknownCommand) return readOlderServer(server, message);
  if (reply !== REPLY.ok) throw rejectedError(reply);
  const current = parseEntry(await server.readLine());
  return { current, entries: await readList(server, 'MSGLIST', parseEntry) };
}

async function readOlderServer(server: LineClient, message: string): Promise<Snapshot> {
  const entries = await readList(server, 'MSGHIST', parseHistoryEntry);
  const last = entries.at(-1);
  return { current: last?.message === message ? last : { message }, entries };
}

/** @returns The newest entries, oldest first. */
async function readList(
  server: LineClient,
  command: string,
  parse: (line: string) => FeedEntry,
): Promise<FeedEntry[]> {
  const reader = new HistoryLineReader();
  const entries: FeedEntry[] = [];
  server.send(command);
  for (;;) {
    const event = await server.readEvent(reader);
    switch (event.is) {
      case 'accepted':
        break;
      case 'entry':
        entries.push(parse(event.line));
        if (entries.length > MAX_ENTRIES) entries.shift();
        break;
      case 'end':
        return entries;
      case 'rejected':
        throw rejectedError(event.reply);
      default:
        event satisfies never;
    }
  }
}

function parseEntry(line: string): FeedEntry {
  const entry = readEntryLine(line);
  if (entry === undefined) throw rejectedError(line);
  return entry;
}

function parseHistoryEntry(line: string): FeedEntry {
  const { time = '', message } = HISTORY_ENTRY.exec(line)?.groups ?? {};
  const storedAtMs = Date.parse(time);
  if (message === undefined || Number.isNaN(storedAtMs)) throw rejectedError(line);
  return { storedAtMs, message };
}
