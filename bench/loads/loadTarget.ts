// The program under load: a message server, another that answers alike, or a bridge. Connects to it.

import { upgradeRequest } from '../../testing/rawWebSocket.ts';
import type { RunningProgram } from '../programs.ts';
import { LoadConnection } from './loadConnection.ts';
import { PayloadCounter } from './payloadCounter.ts';

export interface LoadTarget {
  /** Of one server, or of several that share the load. */
  ports: readonly number[];
  /** Its processes; descendants of them may do the work. */
  pids: readonly number[];
  /** Whether a connection starts with a WebSocket handshake. */
  isBridge: boolean;
}

export function targetOf(programs: readonly RunningProgram[], isBridge = false): LoadTarget {
  return {
    ports: programs.map(({ port }) => port),
    pids: programs.map(({ pid }) => pid),
    isBridge,
  };
}

/** Opens connections, round-robin. Resolves once the first request may be sent on each. */
export function openSessions(target: LoadTarget, count: number): Promise<LoadConnection[]> {
  const { ports } = target;
  const portsRoundRobin = Array.from({ length: count }, () => ports).flat();
  return Promise.all(portsRoundRobin.slice(0, count).map((port) => open(port, target.isBridge)));
}

/** Opens a connection to the only server of a target. */
export async function openSession(target: LoadTarget): Promise<LoadConnection> {
  const [session] = await openSessions(target, 1);
  if (session === undefined) throw new Error('the target has no port');
  return session;
}

/** A counter of the payload bytes in the frames that come back. */
export function framesCounter(): (bytes: Buffer) => number {
  const counter = new PayloadCounter();
  return (bytes) => counter.count(bytes);
}

async function open(port: number, isBridge: boolean): Promise<LoadConnection> {
  const connection = await LoadConnection.open(port);
  if (isBridge) await upgrade(connection);
  return connection;
}

/** Does the WebSocket handshake (RFC 6455, section 4.1) as noVNC does. */
function upgrade(connection: LoadConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    let response = '';
    connection.onClosed = () => reject(new Error(`closed instead of upgraded: ${response}`));
    connection.onBytes = (bytes) => {
      response += bytes.toString('latin1');
      if (!response.endsWith('\r\n\r\n')) return;
      if (response.startsWith('HTTP/1.1 101 ')) resolve();
      else reject(new Error(`not upgraded: ${response}`));
    };
    connection.write(Buffer.from(upgradeRequest('/ws', { 'Sec-WebSocket-Protocol': 'binary' })));
  });
}
