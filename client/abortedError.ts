// The error of a connection that the client aborted. It contains the progress of the connection, so
// that the error message states exactly what the server did and did not do.

/** The last step that was started. */
export type ConnectProgress =
  | { is: 'resolving' }
  | { is: 'connecting' }
  /** TCP is connected, the TLS handshake is not complete. */
  | { is: 'handshaking' }
  /** A bridge has not accepted the WebSocket. */
  | { is: 'upgrading' }
  /** The connection is open. `awaitingLineEnd`: something has arrived, but no line end. */
  | { is: 'awaitingReply' | 'awaitingLineEnd'; receivedBytes: number };

/** The deadline passed, or another server answered first. */
export class AbortedError extends Error {
  override name = 'AbortedError';
  readonly progress: ConnectProgress;

  constructor(progress: ConnectProgress, options?: ErrorOptions) {
    super('the connection was aborted', options);
    this.progress = progress;
  }
}

/** @returns A predicate for the server: `sent nothing`. */
export function describeProgress(progress: ConnectProgress): string {
  switch (progress.is) {
    case 'resolving':
      return 'could not be resolved';
    case 'connecting':
      return 'did not accept the connection';
    case 'handshaking':
      return 'did not finish the TLS handshake';
    case 'upgrading':
      return 'did not open the WebSocket';
    case 'awaitingReply':
    case 'awaitingLineEnd':
      return progress.receivedBytes === 0
        ? 'sent nothing'
        : `sent ${formatBytes(progress.receivedBytes)} and no complete reply`;
  }
}

/** @returns `1 byte`, `14 bytes`. */
export function formatBytes(count: number): string {
  return `${count} ${count === 1 ? 'byte' : 'bytes'}`;
}
