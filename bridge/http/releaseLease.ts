// When the lease of a connection or a request is released: by an event, so that no code path can
// forget it.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { QuotaLease } from '../../access/quota.ts';

/** Releases a lease when a connection closes, which it may already have done. */
export function releaseWhenClosed({ release }: QuotaLease, socket: Socket): void {
  // A closed socket does not emit 'close' again. `once` would add a wrapper for each socket.
  if (socket.closed) release();
  else socket.on('close', release);
}

/**
 * The leases of the unanswered requests on each connection. One listener for all of them: to add
 * and remove one for each request takes more than a microsecond.
 */
const unanswered = new WeakMap<Socket, Set<QuotaLease>>();

/**
 * Releases a lease when a request is answered, or when its connection closes: a response that
 * waits for an earlier one emits no 'close' then.
 */
export function releaseWhenAnswered(
  lease: QuotaLease,
  socket: Socket,
  response: ServerResponse,
): void {
  if (socket.closed) {
    lease.release();
    return;
  }
  const leases = unansweredOn(socket);
  leases.add(lease);
  response.once('close', () => {
    leases.delete(lease);
    lease.release();
  });
}

function unansweredOn(socket: Socket): Set<QuotaLease> {
  const known = unanswered.get(socket);
  if (known !== undefined) return known;
  const leases = new Set<QuotaLease>();
  unanswered.set(socket, leases);
  socket.once('close', () => {
    for (const { release } of leases) release();
  });
  return leases;
}
