// How many requests of one source may be without an answer, whichever connections they came on: a
// proxy that is trusted may have any number of those, each of its clients may not.

import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ConnectionLimits } from '../../access/connectionLimits.ts';

export class RequestQuota {
  readonly #limits: ConnectionLimits;
  /** What a connection that closes gives back: no answer of its own closes any more. */
  readonly #leases = new WeakMap<Socket, Set<() => void>>();

  constructor(limits: ConnectionLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a request until it is answered, or its connection closes.
   *
   * @returns Whether there was room for one more of this source.
   */
  take(source: string, socket: Socket, response: ServerResponse): boolean {
    if (!this.#limits.arrive(source)) return false;
    const leases = this.#leasesOf(socket);
    const release = () => {
      if (leases.delete(release)) this.#limits.depart(source);
    };
    leases.add(release);
    response.once('close', release);
    return true;
  }

  #leasesOf(socket: Socket): Set<() => void> {
    const known = this.#leases.get(socket);
    if (known !== undefined) return known;
    const leases = new Set<() => void>();
    this.#leases.set(socket, leases);
    socket.once('close', () => {
      for (const release of leases) release();
    });
    return leases;
  }
}
