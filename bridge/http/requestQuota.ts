// Limits the unanswered requests of one source, on any number of connections.
// A trusted proxy may have any number of connections; each of its clients still has this quota.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { LocalQuota } from '../../access/localQuota.ts';
import type { QuotaLease } from '../../access/quota.ts';

export class RequestQuota {
  readonly #quota: LocalQuota;
  /** The leases to release when a connection closes: its responses emit no 'close' after that. */
  readonly #leases = new WeakMap<Socket, Set<QuotaLease>>();

  constructor(quota: LocalQuota) {
    this.#quota = quota;
  }

  /**
   * Counts a request until it is answered, or its connection closes.
   *
   * @returns `false` if the source is at its limit.
   */
  acquire(source: string, socket: Socket, response: ServerResponse): boolean {
    const lease = this.#quota.acquire(source);
    if (typeof lease === 'string') return false;
    const leases = this.#leasesOf(socket);
    leases.add(lease);
    response.once('close', () => {
      leases.delete(lease);
      lease.release();
    });
    return true;
  }

  #leasesOf(socket: Socket): Set<QuotaLease> {
    const known = this.#leases.get(socket);
    if (known !== undefined) return known;
    const leases = new Set<QuotaLease>();
    this.#leases.set(socket, leases);
    socket.once('close', () => {
      for (const lease of leases) lease.release();
    });
    return leases;
  }
}
