// Health checks and metrics of the TCP server, over HTTP on a separate port.

import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { descriptorCheck } from '../access/descriptors.ts';
import { type Endpoint, listeningEndpoint } from '../access/endpoint.ts';
import { isLocalhost, listenOnLocalhost } from '../access/localhost.ts';
import { limitUnanswered } from '../access/unansweredRequests.ts';
import { escapeControls } from '../protocol/plainText.ts';
import type { MotdServer } from './server.ts';
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

/**
 * `/healthz` is 200 while the process can accept connections. `/readyz` is 503 while the server
 * starts or stops, and while its store is unavailable: it then serves the last known message, and
 * stores none. `/readyz?exclude=store` ignores the store, for load balancers: an outage of the
 * store would otherwise remove every server simultaneously. (The parameter is that of the
 * Kubernetes API server.) `/metrics` is for Prometheus.
 */
export class AdminServer {
  readonly #server: MotdServer;
  readonly #store: MessageStore;
  readonly #metrics: Registry;
  readonly #http: Server;
  /** Listens on the IPv6 address of `localhost`. */
  #localhostIpv6: TcpServer | undefined;
  readonly #canAccept = descriptorCheck(1);
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(server: MotdServer, store: MessageStore) {
    this.#server = server;
    this.#store = store;
    this.#metrics = metricsOf(server, store);
    const listener: RequestListener = (request, response) => {
      if (!METHODS.includes(request.method ?? '')) return respond(response, 405, '');
      void this.#handle(request.url ?? '/', response);
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
    // Not before they can be read: the delay of the event loop takes a timer every 10 ms.
    collectDefaultMetrics({ register: this.#metrics });
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
    return listeningEndpoint(this.#http);
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

  async #handle(url: string, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = url.split('?', 2);
    switch (path.replace(/\/$/, '')) {
      case '/healthz':
        if (await this.#canAccept()) return respond(response, 200, 'ok\n');
        return respond(
          response,
          503,
          'cannot accept connections: out of file descriptors (ulimit -n)\n',
        );
      case '/readyz': {
        const excluded = new URLSearchParams(query).getAll('exclude');
        const reason = this.#reasonNotReady(excluded.includes('store'));
        if (reason !== undefined) return respond(response, 503, `not ready: ${reason}\n`);
        return respond(response, 200, 'ready\n');
      }
      case '/metrics':
        response.setHeader('content-type', this.#metrics.contentType);
        return respond(response, 200, await this.#metrics.metrics());
      default:
        return respond(
          response,
          404,
          'not found; this port serves /healthz, /readyz and /metrics\n',
        );
    }
  }

  #reasonNotReady(isStoreExcluded: boolean): string | undefined {
    const phase = this.#server.isStopping ? 'stopping' : this.#phase;
    if (phase !== 'serving') return `the server is ${phase}`;
    const { outage, ageMs } = this.#store.freshness;
    if (isStoreExcluded || outage === undefined) return undefined;
    return `the store is unavailable (${escapeControls(outage)}); the message was confirmed ${seconds(ageMs)} s ago`;
  }
}

function metricsOf(server: MotdServer, store: MessageStore): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Gauge({
    name: 'motd_server_connections',
    help: 'Number of open connections.',
    registers,
    collect() {
      this.set(server.connections);
    },
  });
  new Counter({
    name: 'motd_server_stores_total',
    help: 'Messages to store, by outcome: stored, or failed (answered 503; may have been stored).',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(server.storeCounts)) {
        this.inc({ outcome }, count);
      }
    },
  });
  new Gauge({
    name: 'motd_server_message_number',
    help: 'Number of the message in force; the same on all servers that share a store.',
    registers,
    collect() {
      this.set(store.history.last);
    },
  });
  new Gauge({
    name: 'motd_server_store_age_seconds',
    help: 'Time since the store last confirmed the message, in seconds.',
    registers,
    collect() {
      this.set(store.freshness.ageMs / 1000);
    },
  });
  new Gauge({
    name: 'motd_server_store_unavailable',
    help: '1 while the store is unavailable, 0 otherwise.',
    registers,
    collect() {
      this.set(store.freshness.outage === undefined ? 0 : 1);
    },
  });
  return registry;
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
