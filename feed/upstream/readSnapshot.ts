// Asks a server for the message in force and its entries, on one connection.

import type { ServerConnection } from '../../client/connect.ts';
import { LineClient } from '../../client/oneshot/lineClient.ts';
import { rejectedError } from '../../client/oneshot/replyErrors.ts';
import { readEntryLine } from '../../client/replies/entryLine.ts';
import { readHistoryLine } from '../../client/replies/historyLine.ts';
import { HistoryLineReader } from '../../client/replies/historyLineReader.ts';
import { REPLY } from '../../protocol/replies.ts';
import { BegunEntries, type FeedEntry, type Snapshot, startOf } from '../content/snapshot.pure.ts';

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
  // The server's clock may be ahead.
  const nowMs = Math.max(Date.now(), startOf(current) ?? 0);
  const begun = new BegunEntries(nowMs);
  await readList(server, 'MSGLIST', (line) => begun.add(parseEntry(line)));
  return { current, entries: begun.entries };
}

async function readOlderServer(server: LineClient, message: string): Promise<Snapshot> {
  // All have begun: an older server has no planned entries.
  const begun = new BegunEntries(Number.POSITIVE_INFINITY);
  await readList(server, 'MSGHIST', (line) => begun.add(parseHistoryEntry(line)));
  const { entries } = begun;
  const last = entries.at(-1);
  return { current: last?.message === message ? last : { message }, entries };
}

async function readList(
  server: LineClient,
  command: string,
  onEntry: (line: string) => void,
): Promise<void> {
  const reader = new HistoryLineReader();
  server.send(command);
  for (;;) {
    const event = await server.readEvent(reader);
    switch (event.is) {
      case 'accepted':
        break;
      case 'entry':
        onEntry(event.line);
        break;
      case 'end':
        return;
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
  const entry = readHistoryLine(line);
  if (entry === undefined) throw rejectedError(line);
  return entry;
}
