// Health checks and metrics of the TCP server, over HTTP on a separate port.

import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { type Endpoint, listeningEndpoint } from '../access/endpoint.ts';
import { hostNameIn, isOwnName } from '../access/hostHeader.ts';
import { isLocalhost, listenOnLocalhost } from '../access/localhost.ts';
import type { MetricsText } from '../access/metricSamples.ts';
import { addressMatcher, LOOPBACK } from '../access/source.ts';
import { limitUnanswered } from '../access/unansweredRequests.ts';
import { escapeControls } from '../protocol/plainText.ts';
import type { MessageStore } from './stores/store.ts';

/** OPTIONS is the default of HAProxy's `option httpchk`. */
const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** In milliseconds. Requests have no body. */
const TIMEOUTS = {
  requestTimeout: 5000,
  headersTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

/** How long a client may take to read any part of its response, in milliseconds. */
const RESPONSE_TIMEOUT_MS = 10_000;

/** More than any operator needs. The port must not be a way to exhaust the server. */
const MAX_CONNECTIONS = 100;

const isLoopback = addressMatcher(LOOPBACK);

/** What the admin server reports. */
export interface AdminSources {
  server: {
    readonly isStopping: boolean;
    /** @returns Why no connection can be accepted; `undefined` if one can. */
    whyNotAccepting(): Promise<string | undefined>;
    readonly metrics: MetricsText;
  };
  store: MessageStore;
}

/**
 * `/healthz` is 200 while connections can be accepted, by this process or by its workers. `/readyz`
 * is 503 while they cannot, while the server starts or stops, and while its store is unavailable: it
 * then serves the last known message, and stores none. `/readyz?exclude=store` ignores the store, for
 * load balancers: an outage of the store would otherwise remove every server simultaneously. (The
 * parameter is that of the Kubernetes API server.) `/metrics` is for Prometheus.
 *
 * On a loopback address, only this machine can reach it: also its browser, for a page that uses DNS
 * rebinding. So `/metrics` needs a `Host` that is a name of this machine. On any other address,
 * scrapers use names that are not known here.
 */
export class AdminServer {
  readonly #server: AdminSources['server'];
  readonly #store: MessageStore;
  readonly #http: Server;
  /** Listens on the IPv6 address of `localhost`. */
  #localhostIpv6: TcpServer | undefined;
  #isOnLoopback = false;
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor({ server, store }: AdminSources) {
    this.#server = server;
    this.#store = store;
    const listener: RequestListener = (request, response) => {
      if (!METHODS.includes(request.method ?? '')) {
        // RFC 9110, section 15.5.6.
        response.setHeader('allow', METHODS.join(', '));
        return respond(response, 405, '');
      }
      void this.#handle(request, response);
    };
    this.#http = createServer(TIMEOUTS);
    limitUnanswered(this.#http, listener);
    this.#http.timeout = RESPONSE_TIMEOUT_MS;
    this.#http.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * @param host A host name or an IP address; `localhost` listens on both IPv4 and IPv6.
   * @throws Node's error if it cannot listen.
   */
  async listen(host: string, port: number): Promise<Endpoint> {
    if (!isLocalhost(host)) return this.#listen(host, port);
    const ipv6 = createTcpServer({ allowHalfOpen: true }, (socket) => {
      this.#http.emit('connection', socket);
    });
    ipv6.maxConnections = MAX_CONNECTIONS;
    const endpoint = await listenOnLocalhost((at, common) => this.#listen(at, common), ipv6, port);
    ipv6.on('error', () => {});
    this.#localhostIpv6 = ipv6;
    return endpoint;
  }

  async #listen(host: string, port: number): Promise<Endpoint> {
    this.#http.listen({ host, port });
    await once(this.#http, 'listening');
    // Out of file descriptors, at a later time: the next request may succeed.
    this.#http.on('error', () => {});
    const endpoint = listeningEndpoint(this.#http);
    this.#isOnLoopback = isLoopback(endpoint.host);
    return endpoint;
  }

  /** Reports that the server accepts connections from now on. */
  setServing(): void {
    this.#phase = 'serving';
  }

  /** Reports that the server stops, now or soon: load balancers should use another one. */
  setStopping(): void {
    this.#phase = 'stopping';
  }

  close(): void {
    this.#localhostIpv6?.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  async #handle({ url = '/', headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = url.split('?', 2);
    switch (path.replace(/\/$/, '')) {
      case '/healthz': {
        const reason = await this.#reasonNotAccepting();
        if (reason === undefined) return respond(response, 200, 'ok\n');
        return respond(response, 503, `${reason}\n`);
      }
      case '/readyz': {
        const excluded = new URLSearchParams(query).getAll('exclude');
        const reason =
          this.#reasonNotReady(excluded.includes('store')) ?? (await this.#reasonNotAccepting());
        if (reason !== undefined) return respond(response, 503, `not ready: ${reason}\n`);
        return respond(response, 200, 'ready\n');
      }
      case '/metrics':
        if (this.#isOnLoopback && !isOwnHost(headers.host))
          return respond(response, 403, FOREIGN_HOST);
        response.setHeader('content-type', this.#server.metrics.contentType);
        return respond(response, 200, await this.#server.metrics.text());
      default:
        return respond(
          response,
          404,
          'not found; this port serves /healthz, /readyz and /metrics\n',
        );
    }
  }

  async #reasonNotAccepting(): Promise<string | undefined> {
    const reason = await this.#server.whyNotAccepting();
    return reason && `cannot accept connections: ${reason}`;
  }

  #reasonNotReady(isStoreExcluded: boolean): string | undefined {
    const phase = this.#server.isStopping ? 'stopping' : this.#phase;
    if (phase !== 'serving') return `the server is ${phase}`;
    const { outage, ageMs } = this.#store.freshness;
    if (isStoreExcluded || outage === undefined) return undefined;
    return `the store is unavailable (${escapeControls(outage)}); the message was confirmed ${seconds(ageMs)} s ago`;
  }
}

const FOREIGN_HOST =
  'the Host of a request for /metrics must be an IP address, localhost or the name of this machine\n';

/** @param host `undefined` in HTTP/1.0: a browser always sends one. */
function isOwnHost(host: string | undefined): boolean {
  return host === undefined || isOwnName(hostNameIn(host) ?? '');
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain');
  response.setHeader('cache-control', 'no-store');
  response.end(text);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
