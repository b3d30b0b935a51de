// The limits of a bridge, and the quotas that follow from them.

import type { QuotaLimits } from '../access/quota.ts';

/** How many connections, or unanswered requests, one source may have besides its sessions. */
const ADDITIONAL_CONNECTIONS = 100;

export interface BridgeLimits {
  maxSessions: number;
  /** Per IPv4 address, or IPv6 /64. */
  maxSessionsPerSource: number;
  /** The maximum size of a WebSocket message in bytes; a larger one closes with 1009. */
  maxMessageBytes: number;
}

/** The limits for the sessions of a bridge. */
export function sessionLimits({ maxSessions, maxSessionsPerSource }: BridgeLimits): QuotaLimits {
  return { total: maxSessions, perSource: maxSessionsPerSource };
}

/** The limits for the TCP connections of a bridge, or for its unanswered requests. */
export function connectionLimits({ maxSessionsPerSource }: BridgeLimits): QuotaLimits {
  return {
    total: Number.POSITIVE_INFINITY,
    perSource: maxSessionsPerSource + ADDITIONAL_CONNECTIONS,
  };
}
