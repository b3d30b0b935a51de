// Opens a connection to a server through a bridge: a WebSocket, as a stream of bytes.

import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { Duplex } from 'node:stream';
import { WebSocket } from 'ws';
import { escapeControls } from '../protocol/plainText.ts';
import { decodeForDisplay } from '../protocol/utf8.ts';
import { AbortedError } from './abortedError.ts';
import {
  type BridgeAddress,
  type ClientTls,
  KEEPALIVE_AFTER_MS,
  type ServerConnection,
} from './connect.ts';
import { BridgeRejectedError, RejectedError } from './oneshot/replyErrors.ts';

/** Larger than any message that a bridge relays. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What is read of the body of a rejection. */
const MAX_REASON_BYTES = 200;

const CLOSE_NORMALLY = 1000;

/** The target ended its stream, or the close frame has no code (RFC 6455, section 7.4.1). */
const NORMAL_CLOSE_CODES = [CLOSE_NORMALLY, 1005];

/** The connection ended without a close frame. */
const ABNORMAL_CLOSE_CODE = 1006;

export interface BridgeDestination extends BridgeAddress {
  /** `USER:PASSWORD`, if the bridge requires it (RFC 7617). */
  login?: string | undefined;
  tls?: ClientTls | undefined;
  /** Resolves a host name; `dns.lookup` by default. */
  lookup?: LookupFunction | undefined;
}

/**
 * Connects to a server through a bridge.
 *
 * @param signal Aborts the attempt; after it succeeded, closes the connection with an AbortedError.
 * @throws BridgeRejectedError if the bridge rejects the WebSocket; Node's error if the connection
 *   fails; AbortedError if the signal is aborted. If the bridge closes the session with another code
 *   than 1000, the stream ends with a RejectedError.
 */
export function openBridgeConnection(
  { url, login, tls, lookup }: BridgeDestination,
  signal?: AbortSignal,
): Promise<ServerConnection> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(url, {
      perMessageDeflate: false,
      maxPayload: MAX_MESSAGE_BYTES,
      ...(login !== undefined && { auth: login }),
      ...tls,
      ...(lookup && { lookup }),
    });
    const abort = () => {
      reject(new AbortedError({ is: 'upgrading' }, { cause: signal?.reason }));
      webSocket.terminate();
    };
    signal?.addEventListener('abort', abort);
    const hasLogin = login !== undefined;
    webSocket.on('error', (error) => reject(isForeign(error) ? notABridge(hasLogin) : error));
    webSocket.on('upgrade', ({ socket }) => socket.setKeepAlive(true, KEEPALIVE_AFTER_MS));
    webSocket.on('unexpected-response', (request, response) => {
      void rejectionOf(response, hasLogin)
        .then(reject)
        .finally(() => request.destroy());
    });
    webSocket.on('open', () => {
      const connection = new BridgeConnection(webSocket);
      signal?.removeEventListener('abort', abort);
      if (signal !== undefined) destroyOnAbort(connection, signal);
      resolve(connection);
    });
    if (signal?.aborted) abort();
  });
}

function destroyOnAbort(connection: BridgeConnection, signal: AbortSignal): void {
  const abort = () => {
    const progress = { is: 'awaitingReply', receivedBytes: connection.bytesRead } as const;
    connection.destroy(new AbortedError(progress, { cause: signal.reason }));
  };
  signal.addEventListener('abort', abort);
  connection.once('close', () => signal.removeEventListener('abort', abort));
}

/** The bytes of a WebSocket that is open. */
class BridgeConnection extends Duplex implements ServerConnection {
  bytesRead = 0;
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket) {
    super({ allowHalfOpen: false });
    this.#webSocket = webSocket;
    webSocket.on('message', (data: Buffer) => {
      this.bytesRead += data.length;
      if (!this.push(data)) webSocket.pause();
    });
    webSocket.on('error', (error) => this.destroy(error));
    webSocket.on('close', (code, reason) => {
      if (NORMAL_CLOSE_CODES.includes(code)) this.push(null);
      else this.destroy(closeError(code, reason));
    });
  }

  /** As `net.Socket` has it: closes once everything is written. */
  destroySoon(): void {
    this.end(() => this.destroy());
  }

  override _read(): void {
    this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    // If it is closing, its 'close' has the reason.
    if (this.#webSocket.readyState === WebSocket.OPEN) this.#webSocket.send(chunk, () => done());
    else done();
  }

  override _final(done: () => void): void {
    this.#webSocket.close(CLOSE_NORMALLY);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#webSocket.terminate();
    done(error);
  }
}

function closeError(code: number, reason: Buffer): RejectedError {
  if (code === ABNORMAL_CLOSE_CODE) return new RejectedError('the bridge closed the connection');
  const why = `${code} ${printable(reason)}`.trimEnd();
  return new RejectedError(`the bridge closed the connection: ${why}`);
}

/** Whether the response was not HTTP (node:http's codes), or not a WebSocket's (ws has no code). */
function isForeign({ code = '' }: NodeJS.ErrnoException): boolean {
  return code === '' || code.startsWith('HPE_');
}

function notABridge(hasLogin: boolean): BridgeRejectedError {
  return new BridgeRejectedError('the server there is not a bridge', { status: 0, hasLogin });
}

async function rejectionOf(
  response: IncomingMessage,
  hasLogin: boolean,
): Promise<BridgeRejectedError> {
  const status = response.statusCode ?? 0;
  let body = Buffer.alloc(0);
  try {
    for await (const chunk of response) {
      body = Buffer.concat([body, chunk]);
      if (body.length >= MAX_REASON_BYTES) break;
    }
  } catch {
    // The status suffices.
  }
  const isText = response.headers['content-type']?.startsWith('text/plain') ?? false;
  const reason = isText ? firstLineOf(body.subarray(0, MAX_REASON_BYTES)) : '';
  const why = reason === '' ? escapeControls(response.statusMessage ?? '') : reason;
  return new BridgeRejectedError(`the bridge replied ${status}: ${why}`, { status, hasLogin });
}

/** @returns The first line of a rejection by the bridge, as a part of a sentence. */
function firstLineOf(bytes: Buffer): string {
  const end = bytes.indexOf('\n');
  const line = printable(end === -1 ? bytes : bytes.subarray(0, end));
  return line.replace(/^Rejected: /, '').replace(/\.$/, '');
}

function printable(bytes: Buffer): string {
  return escapeControls(decodeForDisplay(bytes.toString('latin1')));
}
