// A TLS connection to a target, which a relay uses like a `net.Socket`.
//
//   state         event                         next
//   connecting    the TCP connection is open    handshaking
//   handshaking   the certificate is verified   open
//
// 'connect' is emitted when it is open: no byte of a browser reaches a server that is not verified.
//
// A preamble (the PROXY header) precedes the handshake, in the clear, as HAProxy sends it to a server
// with `send-proxy ssl`. Node can then only wrap the TCP socket, and a wrapped socket ignores
// `onread`: what was read is copied into the reader's buffer, which costs about a quarter of a CPU
// second per gigabyte. Without a preamble, Node decrypts into that buffer.

import { isIP, type NetConnectOpts, connect as openTcp, type Socket } from 'node:net';
import { Duplex } from 'node:stream';
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as openTls,
  type SecureContext,
  TLSSocket,
} from 'node:tls';
import { errorCode } from '../../access/systemErrors.ts';
import type { ReadInto } from './toBrowser.ts';

export interface TlsConnectionOptions {
  /** How to open the TCP connection. */
  tcp: NetConnectOpts & { keepAliveInitialDelay: number };
  /** The name, or the IP address, that the certificate must have. */
  name: string;
  context: SecureContext;
  /** Sent before the handshake; may be empty. */
  preamble: Buffer;
  /** Receives what is read; without it, 'data' is emitted. */
  onread?: ReadInto | undefined;
}

/** `allowHalfOpen` and `onread` are documented, but @types/node does not know them. */
interface TlsOptions extends ConnectionOptions {
  allowHalfOpen: boolean;
  onread?: ReadInto;
}

export class TlsConnection extends Duplex {
  readonly #options: TlsConnectionOptions;
  /** While it is connecting with a preamble: the TCP socket. */
  #socket: Socket;
  #state: 'connecting' | 'handshaking' | 'open' = 'connecting';

  constructor(options: TlsConnectionOptions) {
    super({ allowHalfOpen: true });
    this.#options = options;
    const { tcp, preamble } = options;
    if (preamble.length === 0) {
      this.#socket = this.#startTls(tcp, options.onread);
      this.#socket.once('connect', () => this.#tcpOnConnect());
    } else {
      const socket = openTcp(tcp);
      this.#socket = this.#listenTo(socket);
      socket.once('connect', () => {
        this.#tcpOnConnect();
        socket.write(preamble);
        this.#socket = this.#startTls({ socket });
      });
    }
  }

  /** Whether it is not open yet, but will be. */
  get connecting(): boolean {
    return this.#state !== 'open' && !this.destroyed;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  setTimeout(ms: number, onTimeout: () => void): void {
    this.#socket.setTimeout(ms, onTimeout);
  }

  /** As `net.Socket` has it: closes once everything is written. */
  destroySoon(): void {
    this.end(() => this.destroy());
  }

  override pause(): this {
    this.#socket.pause();
    return super.pause();
  }

  override resume(): this {
    this.#socket.resume();
    return super.resume();
  }

  override _read(): void {
    if (this.#options.onread === undefined) this.#socket.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void) {
    if (this.connecting) this.once('connect', () => this._write(chunk, encoding, done));
    else this.#socket.write(chunk, done);
  }

  override _final(done: () => void): void {
    if (this.connecting) this.once('connect', () => this._final(done));
    else this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    const reported = this.#state === 'handshaking' && error ? this.#handshakeError(error) : error;
    this.#socket.destroy();
    done(reported);
  }

  /** @param onread Takes effect only if Node opens the TCP connection, too. */
  #startTls(transport: ConnectionOptions, onread?: ReadInto): TLSSocket {
    const { name, context } = this.#options;
    const options: TlsOptions = {
      ...transport,
      ...(onread && { onread }),
      allowHalfOpen: true,
      secureContext: context,
      // Also if NODE_TLS_REJECT_UNAUTHORIZED=0 is set for something else.
      rejectUnauthorized: true,
      servername: sniOf(name),
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    };
    const socket = openTls(options);
    socket.once('secureConnect', () => this.#tlsOnSecureConnect(socket));
    this.#listenTo(socket);
    return socket;
  }

  #listenTo<T extends Socket>(socket: T): T {
    return socket.on('error', (error) => this.destroy(error)).on('close', () => this.destroy());
  }

  #tcpOnConnect(): void {
    this.#state = 'handshaking';
    // `tls.connect` ignores these options.
    this.#socket.setNoDelay(true).setKeepAlive(true, this.#options.tcp.keepAliveInitialDelay);
  }

  #tlsOnSecureConnect(socket: TLSSocket): void {
    const { onread, preamble } = this.#options;
    this.#state = 'open';
    socket.on('end', () => this.#tlsOnEnd());
    if (onread === undefined) socket.on('data', (chunk) => !this.push(chunk) && socket.pause());
    else if (preamble.length > 0) socket.on('data', (chunk) => copyInto(onread, chunk));
    this.emit('connect');
  }

  #tlsOnEnd(): void {
    this.push(null);
    // Emits 'end' although there is no reader.
    this.read(0);
  }

  /** Gives errors of the handshake codes of their own: those of the TCP connection have the same. */
  #handshakeError(error: Error): Error {
    const code = HANDSHAKE_CODES[errorCode(error) ?? ''];
    if (code === undefined) return error;
    // The same alert ends a handshake without a common cipher, but before the certificate is sent.
    const isAfterCertificate =
      this.#socket instanceof TLSSocket && this.#socket.getPeerX509Certificate() !== undefined;
    if (code === CERTIFICATE_REQUIRED && !isAfterCertificate) return error;
    return Object.assign(new Error('the TLS handshake failed', { cause: error }), { code });
  }
}

/** A server of TLS 1.3 has an alert for this (RFC 8446, section 6.2). */
const CERTIFICATE_REQUIRED = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED';

const HANDSHAKE_CODES: Readonly<Record<string, string>> = {
  ETIMEDOUT: 'ERR_TLS_HANDSHAKE_TIMEOUT',
  ECONNRESET: 'ERR_TLS_HANDSHAKE_CLOSED',
  EPIPE: 'ERR_TLS_HANDSHAKE_CLOSED',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: CERTIFICATE_REQUIRED,
};

/**
 * @returns The name for SNI, which permits neither a dot at its end nor an IP address; an empty one
 *   is not sent (RFC 6066, section 3).
 */
function sniOf(name: string): string {
  return isIP(name) === 0 ? name.replace(/\.$/, '') : '';
}

/** Passes on what was read in another buffer. */
function copyInto({ buffer, callback }: ReadInto, chunk: Buffer): void {
  for (let at = 0; at < chunk.length; ) {
    const bytes = chunk.copy(buffer(), 0, at);
    at += bytes;
    callback(bytes);
  }
}
