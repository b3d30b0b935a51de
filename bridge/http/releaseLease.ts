// When the lease of a connection or a request is released: by an event, so that no code path can
// forget it. No table keeps the leases: the listeners do.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { QuotaLease } from '../../access/quota.ts';
import { MAX_UNANSWERED } from '../../access/unansweredRequests.ts';

/** The other 'close' listeners of a connection, of Node's and ours, are fewer. */
const MAX_LISTENERS = 2 * MAX_UNANSWERED;

/** Releases a lease when a connection closes, which it may already have done. */
export function releaseWhenClosed({ release }: QuotaLease, socket: Socket): void {
  // A closed socket does not emit 'close' again.
  if (socket.closed) release();
  else socket.once('close', release);
}

/**
 * Releases a lease when a request is answered, or when its connection closes: a response that
 * waits for an earlier one emits no 'close' then.
 */
export function releaseWhenAnswered(
  lease: QuotaLease,
  socket: Socket,
  response: ServerResponse,
): void {
  socket.setMaxListeners(MAX_LISTENERS);
  releaseWhenClosed(lease, socket);
  response.once('close', () => {
    socket.off('close', lease.release);
    lease.release();
  });
}
