// Checks each connection and request before anything is done for it. A rejected request gets a
// status and one line of text; every rejection is counted in the metrics.
//
// In this order:
// 1. Connection: file descriptors left (descriptorBudget.ts), connections of this source.
// 2. Every request: number of headers, Host (originPolicy.ts), unanswered requests of this source.
// 3. The request of a WebSocket: Origin, and then the quota for sessions (sessionQuota.ts).
// The password check (basicAuth.ts) comes between 2 and 3.

import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { LocalQuota } from '../../access/localQuota.ts';
import { createLease, type Quota } from '../../access/quota.ts';
import { plainAddress, sourceOf, UNIX_PEER } from '../../access/source.ts';
import type { DescriptorBudget } from '../descriptorBudget.ts';
import type { Metrics, RejectionReason } from '../metrics.ts';
import { type ExceededLimit, LIMIT_REASON, type SessionQuota } from '../relay/sessionQuota.ts';
import { clientAddress } from './clientAddress.ts';
import { type OriginPolicy, publicOriginFor } from './originPolicy.ts';
import { releaseWhenAnswered, releaseWhenClosed } from './releaseLease.ts';
import { hasSeveralHosts } from './requestTarget.ts';
import { rulesOf } from './routeRules.ts';

/** The maximum number of headers of a request (RFC 6585, section 5). */
const MAX_HEADERS = 100;

/** When to try again after a quota was exceeded, in seconds. */
const RETRY_AFTER_SECONDS = 30;

export interface RequestGuardsContext {
  originPolicy: OriginPolicy;
  /** The quota for TCP connections, for any use. */
  connections: Quota;
  /** The quota for unanswered requests, on any connection: a trusted proxy may have many. */
  requests: LocalQuota;
  /** The quota for sessions and event streams. */
  sessions: SessionQuota;
  descriptors: DescriptorBudget;
  metrics: Metrics;
  /** Whether an IP address is that of a trusted proxy, which connects for many clients. */
  isTrustedProxy: (address: string) => boolean;
  /** Whether connections have no address. */
  isOnUnixSocket: boolean;
}

type Next = () => void;

export class RequestGuards {
  readonly #context: RequestGuardsContext;
  /** The last address of a client, and its source. */
  #last = { address: '', source: '' };

  constructor(context: RequestGuardsContext) {
    this.#context = context;
  }

  /** Guards every connection to an app, and every request on it. */
  install(app: FastifyInstance): void {
    const { descriptors, metrics } = this.#context;
    descriptors.enforce(app, () => metrics.recordRejection('descriptors'));
    app.server.on('connection', (socket: Socket) => this.#serverOnConnection(socket));
    app.server.on('clientError', (error) => this.#serverOnClientError(error));
    app.decorateRequest('acceptedUpgrade');
    app.addHook('onRequest', (request, reply, next) => this.#checkHeaders(request, reply, next));
    app.addHook('onRequest', (request, reply, next) => this.#checkHost(request, reply, next));
    app.addHook('onRequest', (request, reply, next) =>
      this.#checkRequestQuota(request, reply, next),
    );
  }

  /** A hook for `onRequest`: rejects pages of other origins. */
  readonly checkOrigin = (request: FastifyRequest, reply: FastifyReply, next: Next): void => {
    const { origin, host } = request.headers;
    if (this.#context.originPolicy.allowsOrigin(origin, host)) next();
    else this.#reject(reply, 403, 'origin', describeOriginRejection(origin ?? ''));
  };

  /**
   * A hook for `preHandler`: rejects an upgrade for which no session can be opened. The lease of an
   * accepted one travels on the request to the handler of the WebSocket.
   */
  readonly checkSessionQuota = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> => {
    if (!request.ws) return undefined;
    const isPage = request.headers.origin !== undefined;
    const source = this.#sourceOf(clientAddress(request));
    const accepted = await this.#context.sessions.acquire(source, isPage);
    if (typeof accepted !== 'string') {
      releaseWhenClosed(accepted.lease, request.socket);
      request.acceptedUpgrade = accepted;
      return undefined;
    }
    this.#context.metrics.recordRejection(accepted);
    return sendLimitRejection(reply, accepted);
  };

  /** A hook for `preHandler`: see `RouteTools` in addedRoutes.ts. */
  readonly limitStreams = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> => {
    const { sessions, metrics } = this.#context;
    const lease = await sessions.acquireStream(this.#sourceOf(clientAddress(request)));
    if (typeof lease === 'string') {
      metrics.recordStreamRejection(lease);
      return sendLimitRejection(reply, lease);
    }
    metrics.recordStreamOpened();
    const counted = createLease(() => {
      lease.release();
      metrics.recordStreamClosed();
    });
    releaseWhenAnswered(counted, request.socket, reply.raw);
    return undefined;
  };

  /** Most requests come from the address of the one before. */
  #sourceOf(address: string): string {
    if (address !== this.#last.address) this.#last = { address, source: sourceOf(address) };
    return this.#last.source;
  }

  #checkHeaders({ raw }: FastifyRequest, reply: FastifyReply, next: Next): void {
    // Names and values alternate.
    const count = raw.rawHeaders.length / 2;
    if (count <= MAX_HEADERS) next();
    else this.#reject(reply, 431, 'headers', `more than ${MAX_HEADERS} headers`);
  }

  #checkHost(request: FastifyRequest, reply: FastifyReply, next: Next): void {
    const { raw, headers } = request;
    const { host } = headers;
    if (hasSeveralHosts(raw)) this.#reject(reply, 400, 'host', 'more than one Host header');
    else if (host === undefined && raw.httpVersion !== '1.0') {
      // Node checks this for all requests but upgrades (RFC 9112, section 3.2).
      this.#reject(reply, 400, 'host', 'the Host header is missing');
    } else if (this.#context.originPolicy.allowsHost(host) || rulesOf(request).allowsAnyHost) {
      next();
    } else {
      this.#reject(reply, 403, 'host', describeHostRejection(host ?? '', request.protocol));
    }
  }

  #checkRequestQuota(request: FastifyRequest, reply: FastifyReply, next: Next): void {
    // Upgrades count in the quota for sessions.
    if (request.ws) {
      next();
      return;
    }
    const lease = this.#context.requests.acquire(this.#sourceOf(clientAddress(request)));
    if (typeof lease !== 'string') {
      releaseWhenAnswered(lease, request.socket, reply.raw);
      next();
      return;
    }
    reply.header('retry-after', RETRY_AFTER_SECONDS);
    this.#reject(
      reply,
      503,
      'requests_per_source',
      'too many requests from your address: try again later',
    );
  }

  #reject(reply: FastifyReply, status: number, reason: RejectionReason, text: string): void {
    this.#context.metrics.recordRejection(reason);
    void sendRejection(reply, status, text);
  }

  #serverOnConnection(socket: Socket): void {
    const { isOnUnixSocket, isTrustedProxy } = this.#context;
    const address = isOnUnixSocket ? UNIX_PEER : plainAddress(socket.remoteAddress ?? '');
    // A trusted proxy has no quota: its clients have (`requests`, `sessions`).
    if (!isTrustedProxy(address)) {
      void this.#checkConnectionQuota(socket, sourceOf(address));
    }
  }

  async #checkConnectionQuota(socket: Socket, source: string): Promise<void> {
    const { connections, metrics } = this.#context;
    const lease = await connections.acquire(source);
    if (typeof lease === 'string') {
      metrics.recordRejection('connections_per_source');
      socket.destroy();
      return;
    }
    releaseWhenClosed(lease, socket);
  }

  // Fastify sends the response; this only counts.
  #serverOnClientError({ code }: NodeJS.ErrnoException): void {
    if (code === 'ECONNRESET') return;
    const { metrics } = this.#context;
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') metrics.recordRejection('request_timeout');
    else metrics.recordRejection(code === 'HPE_HEADER_OVERFLOW' ? 'headers' : 'malformed');
  }
}

function sendLimitRejection(reply: FastifyReply, limit: ExceededLimit): FastifyReply {
  return sendRejection(reply.header('retry-after', RETRY_AFTER_SECONDS), 503, LIMIT_REASON[limit]);
}

function sendRejection(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('text/plain; charset=utf-8').send(`Rejected: ${text}.\n`);
}

function describeOriginRejection(origin: string): string {
  const allowed = publicOriginFor(origin);
  const reason = `the origin '${origin}' is not allowed`;
  return allowed === undefined ? reason : `${reason}; to allow it, add --public-origin ${allowed}`;
}

/** @param scheme The page's scheme as the bridge knows it: a proxy may terminate TLS. */
function describeHostRejection(host: string, scheme: string): string {
  const allowed = publicOriginFor(`${scheme}://${host}`);
  const reason = `the host '${host}' is not allowed`;
  if (allowed === undefined) return reason;
  const secure = scheme === 'https' ? '' : ', or https:// if browsers reach it over TLS';
  return `${reason}; to allow it, add --public-origin ${allowed}${secure}`;
}
