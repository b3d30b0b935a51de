// Opens the TCP connection to a target.

import { connect, type Socket } from 'node:net';
import type { Target } from './targets.ts';

/** How long a connection may be silent before TCP probes it (tcp(7), SO_KEEPALIVE). */
const KEEPALIVE_AFTER_MS = 30_000;

/**
 * How long to try each address of a host name but the last. Node's default of a quarter of a second
 * is meant for web pages.
 */
const ATTEMPT_TIMEOUT_MS = 1000;

export interface ConnectTargetOptions {
  /**
   * How long connecting may take, the lookup of the host name included. The socket is then
   * destroyed with an error of code ETIMEDOUT.
   */
  connectTimeoutMs: number;
  /** Provides the buffer for each read, and receives what was read; 'data' is then not emitted. */
  onread?: { buffer: () => Buffer; callback: (bytes: number) => boolean };
}

/**
 * Connects to a target. A host name is looked up each time.
 *
 * @returns The socket, as from `net.connect`: 'connect' or 'error' follows.
 */
export function connectTarget({ address }: Target, options: ConnectTargetOptions): Socket {
  const { connectTimeoutMs, ...rest } = options;
  const socket = connect({
    ...address,
    ...rest,
    allowHalfOpen: true,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
  });
  const timer = setTimeout(() => socket.destroy(new ConnectTimeoutError()), connectTimeoutMs);
  const stopTimer = () => {
    clearTimeout(timer);
    // A listener would keep the timer in memory as long as the session.
    socket.off('connect', stopTimer).off('close', stopTimer);
  };
  return socket.on('connect', stopTimer).on('close', stopTimer);
}

class ConnectTimeoutError extends Error {
  override name = 'ConnectTimeoutError';
  /** The code of connect(2). */
  readonly code = 'ETIMEDOUT';
}
