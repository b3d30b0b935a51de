// Who is let in, before anything is done for them: each rule answers with a status and one line,
// and is counted.

import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Quota } from '../../access/quota.ts';
import { plainAddress, sourceOf } from '../../access/source.ts';
import { type DescriptorBudget, SESSION_DESCRIPTORS } from '../descriptorBudget.ts';
import type { Metrics, RefusalRule } from '../metrics.ts';
import { EXCEEDED, type Sessions } from '../relay/sessions.ts';
import { clientAddress } from './clientAddress.ts';
import { type OriginPolicy, publicOriginFor } from './originPolicy.ts';
import type { RequestQuota } from './requestQuota.ts';
import { hasSeveralHosts } from './requestTarget.ts';
import { rulesOf } from './routeRules.ts';

/** How many headers a request may have; further ones are refused (RFC 6585, section 5). */
const MAX_HEADERS = 100;

/** When somebody who found the bridge full should come again, in seconds. */
const RETRY_AFTER_SECONDS = 30;

export interface RequestGuardsContext {
  admission: OriginPolicy;
  /** The quota for TCP connections, whatever they are used for. */
  connections: Quota;
  requests: RequestQuota;
  descriptors: DescriptorBudget;
  sessions: Sessions;
  metrics: Metrics;
  /** Who speaks for many others, by IP address. */
  isTrustedProxy: (address: string) => boolean;
}

type Next = () => void;

export class RequestGuards {
  readonly #context: RequestGuardsContext;

  constructor(context: RequestGuardsContext) {
    this.#context = context;
  }

  /** Watches over the connections, and over every request on them. */
  install(app: FastifyInstance): void {
    const { descriptors, metrics } = this.#context;
    descriptors.watch(app, () => metrics.refused('descriptors'));
    app.server.on('connection', (socket: Socket) => this.#serverOnConnection(socket));
    app.server.on('clientError', (error) => this.#serverOnClientError(error));
    app.addHook('onRequest', (request, reply, next) => this.#checkHeaders(request, reply, next));
    app.addHook('onRequest', (request, reply, next) => this.#checkHost(request, reply, next));
    app.addHook('onRequest', (request, reply, next) => this.#checkRequests(request, reply, next));
  }

  /** Lets no page of another origin open a WebSocket (a hook for `onRequest`). */
  readonly checkOrigin = (request: FastifyRequest, reply: FastifyReply, next: Next): void => {
    const { origin, host } = request.headers;
    if (this.#context.admission.isOwnOrigin(origin, host)) next();
    else this.#refuse(reply, 403, 'origin', originRefusal(origin ?? ''));
  };

  /**
   * Lets nobody upgrade whom there is no room for (a hook for `preHandler`). A page cannot see a
   * status: it is let in and told, in the close frame; but not too many at a time.
   */
  readonly checkSessionQuota = async (
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<unknown> => {
    // What is no upgrade takes none.
    if (!request.ws) return undefined;
    const { sessions, descriptors } = this.#context;
    // The one to the browser is there.
    const shortage = descriptors.has(SESSION_DESCRIPTORS - 1) ? undefined : 'descriptors';
    const source = sourceOf(clientAddress(request));
    const exceeded = await sessions.acquire(request.socket, source, shortage);
    const canBeTold = request.headers.origin !== undefined && sessions.canSendRejection;
    if (exceeded === undefined || canBeTold) return undefined;
    reply.header('retry-after', RETRY_AFTER_SECONDS);
    this.#refuse(reply, 503, exceeded, EXCEEDED[exceeded]);
    return reply;
  };

  #checkHeaders({ raw }: FastifyRequest, reply: FastifyReply, next: Next): void {
    // Names and values in turn.
    const count = raw.rawHeaders.length / 2;
    if (count <= MAX_HEADERS) next();
    else this.#refuse(reply, 431, 'headers', `a request may have ${MAX_HEADERS} headers`);
  }

  #checkHost(request: FastifyRequest, reply: FastifyReply, next: Next): void {
    const { raw, headers } = request;
    const { host } = headers;
    if (hasSeveralHosts(raw)) this.#refuse(reply, 400, 'host', 'a request has one Host');
    else if (host === undefined && raw.httpVersion !== '1.0') {
      // Node checks this, except for an upgrade (RFC 9112, section 3.2).
      this.#refuse(reply, 400, 'host', 'a request of HTTP/1.1 has a Host');
    } else if (rulesOf(request).allowsAnyHost || this.#context.admission.isOwnHost(host)) next();
    else this.#refuse(reply, 403, 'host', hostRefusal(host ?? '', request.protocol));
  }

  #checkRequests(request: FastifyRequest, reply: FastifyReply, next: Next): void {
    const source = sourceOf(clientAddress(request));
    // A session has a quota of its own.
    if (request.ws || this.#context.requests.acquire(source, request.socket, reply.raw)) {
      next();
      return;
    }
    reply.header('retry-after', RETRY_AFTER_SECONDS);
    this.#refuse(reply, 503, 'requests_per_source', 'too many requests from your address');
  }

  #refuse(reply: FastifyReply, status: number, rule: RefusalRule, why: string): void {
    this.#context.metrics.refused(rule);
    void reply.code(status).type('text/plain; charset=utf-8').send(`Refused: ${why}.\n`);
  }

  #serverOnConnection(socket: Socket): void {
    const address = plainAddress(socket.remoteAddress ?? '');
    if (!this.#context.isTrustedProxy(address)) void this.#admit(socket, sourceOf(address));
  }

  async #admit(socket: Socket, source: string): Promise<void> {
    const { connections, metrics } = this.#context;
    const lease = await connections.acquire(source);
    if (typeof lease === 'string') {
      metrics.refused('connections');
      socket.destroy();
      return;
    }
    // A socket that is closed by now does not emit 'close' again.
    if (socket.closed) lease.release();
    else socket.once('close', () => lease.release());
  }

  // Fastify answers; this counts.
  #serverOnClientError({ code }: NodeJS.ErrnoException): void {
    if (code === 'ECONNRESET') return;
    const { metrics } = this.#context;
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT') metrics.refused('too_slow');
    else metrics.refused(code === 'HPE_HEADER_OVERFLOW' ? 'headers' : 'malformed');
  }
}

function originRefusal(origin: string): string {
  const allowed = publicOriginFor(origin);
  const why = `a page from '${origin}' may not use this bridge`;
  return allowed === undefined ? why : `${why}; to allow it, add --public-origin ${allowed}`;
}

/** @param scheme That of the page, as far as the bridge knows: TLS may end at a proxy. */
function hostRefusal(host: string, scheme: string): string {
  const allowed = publicOriginFor(`${scheme}://${host}`);
  const why = `'${host}' is not a name of this bridge`;
  if (allowed === undefined) return why;
  const secure = scheme === 'https' ? '' : ', or https:// if browsers reach it over TLS';
  return `${why}; to allow it, add --public-origin ${allowed}${secure}`;
}
