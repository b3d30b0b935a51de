// Opens the connection to a target: TCP or a Unix socket, with TLS on request. It begins with the
// PROXY header, if the target expects one.

import { connect, type NetConnectOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ProxiedClient } from './proxiedClient.ts';
import { proxyPreamble } from './proxyPreamble.ts';
import type { TargetCas } from './targetCas.ts';
import type { Target } from './targets.ts';
import { TlsConnection } from './tlsConnection.ts';
import type { ReadInto } from './toBrowser.ts';

/** How long a connection may be silent before TCP probes it (tcp(7), SO_KEEPALIVE). */
const KEEPALIVE_AFTER_MS = 30_000;

/**
 * How long to try each address of a host name but the last. Node's default of a quarter of a second
 * is meant for web pages.
 */
const ATTEMPT_TIMEOUT_MS = 1000;

/** What is used of a connection to a target: that of a `net.Socket`. */
export interface TargetSocket extends Duplex {
  /** Whether 'connect' has not been emitted yet. */
  readonly connecting: boolean;
  readonly bytesRead: number;
  setTimeout(ms: number, onTimeout: () => void): unknown;
  destroySoon(): void;
}

export interface ConnectTargetOptions {
  /**
   * How long connecting may take, including the lookup of the host name and the TLS handshake. The
   * socket is then destroyed with an error.
   */
  connectTimeoutMs: number;
  /** Who may sign the certificate of a target with TLS. */
  targetCas: TargetCas;
  /** Whom the PROXY header names; without it, the connection is the bridge's own. */
  client?: ProxiedClient | undefined;
  /** Provides the buffer for each read, and receives what was read; 'data' is then not emitted. */
  onread?: ReadInto | undefined;
}

/**
 * Connects to a target. A host name is looked up each time.
 *
 * @returns The socket: 'connect' or 'error' follows. A preamble is written when 'connect' is
 *   emitted, but maybe not sent.
 */
export function connectTarget(target: Target, options: ConnectTargetOptions): TargetSocket {
  const { connectTimeoutMs, targetCas, client, onread } = options;
  const tcp = {
    ...target.address,
    allowHalfOpen: true,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
  };
  const preamble = proxyPreamble(target, client);
  const socket =
    target.tlsName === undefined
      ? openPlain({ ...tcp, ...(onread && { onread }) }, preamble)
      : new TlsConnection({
          tcp,
          name: target.tlsName,
          context: targetCas.context,
          preamble,
          onread,
        });
  const timer = setTimeout(() => socket.destroy(new ConnectTimeoutError()), connectTimeoutMs);
  const stopTimer = () => {
    clearTimeout(timer);
    // A listener would keep the timer in memory as long as the session.
    socket.off('connect', stopTimer).off('close', stopTimer);
  };
  return socket.on('connect', stopTimer).on('close', stopTimer);
}

function openPlain(options: NetConnectOpts, preamble: Buffer): TargetSocket {
  const socket = connect(options);
  // The first listener: no byte may precede the preamble.
  if (preamble.length > 0) socket.once('connect', () => socket.write(preamble));
  return socket;
}

class ConnectTimeoutError extends Error {
  override name = 'ConnectTimeoutError';
  /** The code of connect(2). */
  readonly code = 'ETIMEDOUT';
}
