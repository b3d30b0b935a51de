// A connection that was given up before its answer was complete, and how far it had come: the words
// about a server that did not answer in time have to be true.

/** The last step that was begun. */
export type Progress =
  | { is: 'lookingUp' }
  | { is: 'connecting' }
  | { is: 'securing' }
  /** The connection is open. */
  | { is: 'awaitingReply'; receivedBytes: number };

/** We gave the connection up: the time allowed had run out, or another server had answered. */
export class AbortedError extends Error {
  override name = 'AbortedError';
  readonly progress: Progress;

  constructor(progress: Progress, options?: ErrorOptions) {
    super('the connection was given up', options);
    this.progress = progress;
  }
}

/** @returns What the server did and did not do, as a sentence about it goes on. */
export function describeProgress(progress: Progress): string {
  switch (progress.is) {
    case 'lookingUp':
      return 'could not be looked up';
    case 'connecting':
      return 'accepted no connection';
    case 'securing':
      return 'did not finish the TLS handshake';
    case 'awaitingReply':
      return progress.receivedBytes === 0
        ? 'sent nothing'
        : `sent ${bytes(progress.receivedBytes)} and no complete reply`;
  }
}

/** `1 byte`, `14 bytes`. */
export function bytes(count: number): string {
  return `${count} ${count === 1 ? 'byte' : 'bytes'}`;
}
