// Asks a server for the message in force and its entries, on one connection.

import type { ServerConnection } from '../../client/connect.ts';
import { LineClient } from '../../client/oneshot/lineClient.ts';
import { requestEntries } from '../../client/oneshot/oneshot.ts';
import { rejectedError } from '../../client/oneshot/replyErrors.ts';
import { readEntryLine } from '../../client/replies/entryLine.ts';
import { readHistoryLine } from '../../client/replies/historyLine.ts';
import { REPLY } from '../../protocol/replies.ts';
import { BegunEntries, type Snapshot, startOf } from '../content/snapshot.pure.ts';

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
  const line = await server.readLine();
  const current = readEntryLine(line);
  if (current === undefined) throw rejectedError(line);
  // The server's clock may be ahead.
  const nowMs = Math.max(Date.now(), startOf(current) ?? 0);
  const begun = new BegunEntries(nowMs);
  const listed = await requestEntries(server, 'MSGLIST', readEntryLine);
  for await (const entry of listed) begun.add(entry);
  return { current, entries: begun.entries };
}

async function readOlderServer(server: LineClient, message: string): Promise<Snapshot> {
  // All have begun: an older server has no planned entries.
  const begun = new BegunEntries(Number.POSITIVE_INFINITY);
  const listed = await requestEntries(server, 'MSGHIST', readHistoryLine);
  for await (const entry of listed) begun.add(entry);
  const { entries } = begun;
  const last = entries.at(-1);
  return { current: last?.message === message ? last : { message }, entries };
}
