// Opens a connection to a target.

import { connect, type Socket } from 'node:net';
import type { Target } from './targets.ts';

/**
 * How long a target may be silent before TCP asks whether it is still there (tcp(7), SO_KEEPALIVE).
 */
const KEEPALIVE_AFTER_MS = 30_000;

/**
 * Of the addresses a name has, each but the last has so long;
 * Node's quarter of a second is for pages.
 */
const ATTEMPT_TIMEOUT_MS = 1000;

export interface ConnectOptions {
  /**
   * After so long without a connection, the lookup included, the socket is destroyed,
   * with an error of code ETIMEDOUT.
   */
  connectTimeoutMs: number;
  /** Gives the buffer for a read, and takes what was read: no 'data' is emitted then. */
  onread?: { buffer: () => Buffer; callback: (bytes: number) => boolean };
}

/**
 * Connects to a target; a host name is looked up now.
 *
 * @returns A socket as `net.connect` returns it: 'connect' or 'error' follows.
 */
export function connectTarget({ at }: Target, options: ConnectOptions): Socket {
  const { connectTimeoutMs, ...rest } = options;
  const socket = connect({
    ...at,
    ...rest,
    allowHalfOpen: true,
    noDelay: true,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: KEEPALIVE_AFTER_MS,
  });
  const timer = setTimeout(() => socket.destroy(new ConnectTimeoutError()), connectTimeoutMs);
  for (const event of ['connect', 'close']) socket.once(event, () => clearTimeout(timer));
  return socket;
}

class ConnectTimeoutError extends Error {
  override name = 'ConnectTimeoutError';
  /** As connect(2) has it. */
  readonly code = 'ETIMEDOUT';
}
