// The quota for sessions: of WebSockets, and of event streams (responses that do not end by
// themselves). It decides which requests for them are accepted: those for which it has a unit left.
// For the upgrade of a WebSocket, the process must also have file descriptors.
//
// If a limit is exceeded, a program gets status 503. Scripts on a page cannot read the status of a
// failed WebSocket: for a page the upgrade is accepted, and the WebSocket is closed with code 1013
// and the reason. The number of WebSockets that exist only for that is limited (`rejectionQuota`).
//
// An accepted upgrade holds a lease, which travels on the request from the guard to the handler of
// the WebSocket:
//
//   lease of an upgrade      event                    next
//   held for a session       its connection closes    released
//   held for a session       the session opens        the session's, which releases it at its end
//   held for a rejection     its connection closes    released

import { rejectionQuota } from '../../access/localQuota.ts';
import {
  createLease,
  type Quota,
  type QuotaExceeded,
  type QuotaLease,
} from '../../access/quota.ts';
import type { DescriptorBudget } from '../descriptorBudget.ts';

/** The limit that was exceeded, as the metrics name it. */
export type ExceededLimit = ExceededQuota | 'descriptors';
type ExceededQuota = 'sessions' | 'sessions_per_source';

/** The text for the client: the reason of a close frame, or the body of a 503. */
export const LIMIT_REASON: Record<ExceededLimit, string> = {
  sessions: 'the bridge is full: try again later',
  sessions_per_source: 'too many sessions from your address: close one, or try again later',
  descriptors: 'the bridge is out of file descriptors: try again later',
};

const LIMIT_OF_QUOTA: Record<QuotaExceeded, ExceededQuota> = {
  total: 'sessions',
  source: 'sessions_per_source',
};

/** What an upgrade was accepted for, and the lease that it holds. */
export type AcceptedUpgrade =
  | { readonly for: 'session'; readonly lease: QuotaLease }
  | { readonly for: 'rejection'; readonly lease: QuotaLease; readonly limit: ExceededLimit };

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the guard of a WebSocket route (requestGuards.ts). */
    acceptedUpgrade: AcceptedUpgrade | undefined;
  }
}

export class SessionQuota {
  readonly #sessions: Quota;
  readonly #descriptors: DescriptorBudget;
  readonly #rejections = rejectionQuota();

  /** @param sessions In a bridge with workers, the primary counts it. */
  constructor(sessions: Quota, descriptors: DescriptorBudget) {
    this.#sessions = sessions;
    this.#descriptors = descriptors;
  }

  /**
   * Decides on an upgrade.
   *
   * @param isPage Whether a page requested it.
   * @returns The limit that is exceeded, if the upgrade has to be rejected.
   */
  async acquire(source: string, isPage: boolean): Promise<AcceptedUpgrade | ExceededLimit> {
    const lease = await this.#acquireSession(source);
    if (typeof lease !== 'string') return { for: 'session', lease };
    const rejection = isPage ? this.#rejections.acquire() : 'total';
    if (typeof rejection === 'string') return lease;
    return { for: 'rejection', lease: rejection, limit: lease };
  }

  /**
   * Decides on a request whose response does not end by itself. It needs no further descriptor.
   *
   * @returns The limit that is exceeded, if the request has to be rejected.
   */
  async acquireStream(source: string): Promise<QuotaLease | ExceededQuota> {
    const lease = await this.#sessions.acquire(source);
    return typeof lease === 'string' ? LIMIT_OF_QUOTA[lease] : lease;
  }

  async #acquireSession(source: string): Promise<QuotaLease | ExceededLimit> {
    const descriptor = this.#descriptors.acquire();
    if (descriptor === undefined) return 'descriptors';
    try {
      const session = await this.#sessions.acquire(source);
      if (typeof session !== 'string') return both(session, descriptor);
      descriptor.release();
      return LIMIT_OF_QUOTA[session];
    } catch (error) {
      descriptor.release();
      throw error;
    }
  }
}

function both(one: QuotaLease, other: QuotaLease): QuotaLease {
  return createLease(() => {
    one.release();
    other.release();
  });
}
