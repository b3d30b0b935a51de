// The TCP server: accepts connections, gives each a session, and stops cleanly.

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { REPLY } from '../protocol/replies.ts';
import type { Address } from './address.ts';
import { Connection, type ConnectionContext } from './connection.ts';
import type { Log } from './events.ts';
import type { VerifyPassword } from './password.ts';
import type { MessageStore } from './store.ts';

/** How long a peer may be silent before TCP asks whether it is still there (tcp(7), SO_KEEPALIVE). */
const KEEPALIVE_AFTER_MS = 60_000;

export interface ServerOptions {
  store: MessageStore;
  verifyPassword: VerifyPassword;
  /** Takes what happens, for the operator. Without it, nothing is reported. */
  log?: Log | undefined;
}

export class MotdServer {
  /** Settles once the server has stopped, whoever asked for it, and every reply has left. */
  readonly stopped: Promise<void>;
  readonly #tcp: Server;
  readonly #connections = new Set<Connection>();
  readonly #context: ConnectionContext;
  #isStopping = false;

  constructor({ store, verifyPassword, log }: ServerOptions) {
    const messageReply = messageReplyFor(store);
    this.#context = { store, verifyPassword, messageReply, log, shutDown: () => this.stop() };
    this.#tcp = createServer(
      {
        allowHalfOpen: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
      },
      (socket) => this.#tcpOnConnection(socket),
    );
    this.stopped = new Promise((resolve) => this.#tcp.once('close', () => resolve()));
  }

  /**
   * Starts to accept connections.
   *
   * @param port A port; 0 picks a free one.
   * @returns The address listened on.
   * @throws Node's error where that cannot be (EADDRINUSE, EACCES, ENOTFOUND, EADDRNOTAVAIL).
   */
  async listen(host: string, port: number): Promise<Address> {
    await new Promise<void>((resolve, reject) => {
      this.#tcp.once('error', reject);
      this.#tcp.listen({ host, port }, () => {
        this.#tcp.off('error', reject);
        resolve();
      });
    });
    const on = this.#tcp.address() as AddressInfo;
    this.#context.log?.({ event: 'listening', on });
    return on;
  }

  /** Accepts no more, answers what was asked, closes every connection. May be called again. */
  stop(): Promise<void> {
    if (this.#isStopping) return this.stopped;
    this.#isStopping = true;
    this.#tcp.close();
    for (const connection of this.#connections) connection.shutDown();
    return this.stopped;
  }

  #tcpOnConnection(socket: Socket): void {
    const { remoteAddress, remotePort } = socket;
    if (remoteAddress === undefined || remotePort === undefined) {
      // The peer was gone before it was accepted.
      socket.destroy();
      return;
    }
    const peer = { address: remoteAddress.replace(/^::ffff:/, ''), port: remotePort };
    const connection = new Connection(socket, peer, this.#context);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}

// Encoded once per stored message, not once per MSGGET.
function messageReplyFor(store: MessageStore): () => string {
  let message: string | undefined;
  let reply = '';
  return () => {
    if (store.message !== message) {
      message = store.message;
      reply = Buffer.from(`${REPLY.ok}\n${message}\n`, 'utf8').toString('latin1');
    }
    return reply;
  };
}
