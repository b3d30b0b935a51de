// A bridge that serves the message over HTTP, and its clients.

import { connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { responseHead } from '../../testing/rawHttp.ts';
import { type ListeningProgram, startBridge } from '../fixtures.ts';

export function startFeed(
  server: ListeningProgram,
  flags: readonly string[] = [],
  port = 0,
): Promise<ListeningProgram> {
  return startBridge(server.port, port, ['--feed', 'motd', ...flags]);
}

export async function get({ port }: ListeningProgram, path: string, headers = {}) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, redirect: 'manual' });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Requests the events on a connection of its own. Resolves at the head of the response. */
export async function openEvents(
  { port }: ListeningProgram,
  path = '/message/events',
  headers: Record<string, string> = {},
): Promise<{ socket: Socket; head: string }> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${lines.join('')}\r\n`);
  const { head, rest } = await responseHead(socket);
  if (rest.length > 0) socket.unshift(rest);
  return { socket, head };
}

/** The messages in the events that a reader gets, as one list that grows. */
export function readMessages(stream: Readable): string[] {
  const messages: string[] = [];
  let text = '';
  stream.resume().on('data', (chunk) => {
    text += chunk;
    const events = text.split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const data = /^data: (\{.*)$/m.exec(event)?.[1];
      if (data !== undefined) messages.push(JSON.parse(data).message);
    }
  });
  return messages;
}
