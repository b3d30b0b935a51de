// What an operator, or a load balancer, asks a server over HTTP, at a port of its own.

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

/** HAProxy's `option httpchk` sends OPTIONS unless it is told otherwise. */
const METHODS = ['GET', 'HEAD', 'OPTIONS'];

/** How long a request may take to arrive, in milliseconds; there is nothing to be sent with it. */
const TIMEOUTS = {
  requestTimeout: 5000,
  headersTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
};

/** How long a peer may take nothing of an answer, in milliseconds. */
const ANSWER_TIMEOUT_MS = 10_000;

/** More than any number of operators; it must not be a way to exhaust the server. */
const MAX_CONNECTIONS = 100;

/**
 * `/healthz` says that the process runs. `/readyz` is 503 where it stops, or its store is away: the
 * message is then the last one known, and nothing can be stored. `/readyz?exclude=store` leaves the
 * store out: for a load balancer, which would otherwise take every server away at once (the
 * parameter is that of the Kubernetes API server). `/metrics` is for Prometheus.
 */
export class AdminServer {
  readonly #server: MotdServer;
  readonly #store: MessageStore;
  readonly #metrics: Registry;
  readonly #http: Server;
  /** Takes the connections to the other address of `localhost`. */
  #second: TcpServer | undefined;
  readonly #canAccept = descriptorCheck(1);
  #phase: 'starting' | 'serving' | 'stopping' = 'starting';

  constructor(server: MotdServer, store: MessageStore) {
    this.#server = server;
    this.#store = store;
    this.#metrics = metricsOf(server, store);
    const listener: RequestListener = (request, response) => {
      if (!METHODS.includes(request.method ?? '')) return answer(response, 405, '');
      void this.#answer(request.url ?? '/', response);
    };
    this.#http = createServer(TIMEOUTS);
    limitUnanswered(this.#http, listener);
    this.#http.timeout = ANSWER_TIMEOUT_MS;
    this.#http.maxConnections = MAX_CONNECTIONS;
  }

  /**
   * @param host An address; `localhost` is all addresses it has.
   * @throws Node's error where that cannot be.
   */
  async listen(host: string, port: number): Promise<Endpoint> {
    if (!isLocalhost(host)) return this.#listen(host, port);
    const second = createTcpServer({ allowHalfOpen: true }, (socket) => {
      this.#http.emit('connection', socket);
    });
    second.maxConnections = MAX_CONNECTIONS;
    const endpoint = await listenOnLocalhost(
      (at, common) => this.#listen(at, common),
      second,
      port,
    );
    second.on('error', () => {});
    this.#second = second;
    return endpoint;
  }

  async #listen(host: string, port: number): Promise<Endpoint> {
    this.#http.listen({ host, port });
    await once(this.#http, 'listening');
    // Out of descriptors, later: those who ask again are answered.
    this.#http.on('error', () => {});
    return listeningEndpoint(this.#http);
  }

  /** From now on, the server accepts connections. */
  serving(): void {
    this.#phase = 'serving';
  }

  /** From now on, it does not, or not for long: whoever has a choice goes elsewhere. */
  stopping(): void {
    this.#phase = 'stopping';
  }

  close(): void {
    this.#second?.close();
    this.#http.close();
    this.#http.closeAllConnections();
  }

  async #answer(url: string, response: ServerResponse): Promise<void> {
    const [path = '', query = ''] = url.split('?', 2);
    switch (path.replace(/\/$/, '')) {
      case '/healthz':
        if (await this.#canAccept()) return answer(response, 200, 'ok\n');
        return answer(
          response,
          503,
          'cannot accept connections: out of file descriptors (ulimit -n)\n',
        );
      case '/readyz': {
        const excluded = new URLSearchParams(query).getAll('exclude');
        const why = this.#whyNotReady(excluded.includes('store'));
        if (why !== undefined) return answer(response, 503, `not ready: ${why}\n`);
        return answer(response, 200, 'ready\n');
      }
      case '/metrics':
        response.setHeader('content-type', this.#metrics.contentType);
        return answer(response, 200, await this.#metrics.metrics());
      default:
        return answer(
          response,
          404,
          'not found; this port serves /healthz, /readyz and /metrics\n',
        );
    }
  }

  #whyNotReady(isStoreExcluded: boolean): string | undefined {
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
  collectDefaultMetrics({ register: registry });
  new Gauge({
    name: 'motd_server_connections',
    help: 'Connections that are open.',
    registers,
    collect() {
      this.set(server.connections);
    },
  });
  new Counter({
    name: 'motd_server_stores_total',
    help: 'Messages sent to be stored: stored, or failed (503; they may yet turn out stored).',
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
    help: 'The number of the message in force: the same on all that share a store.',
    registers,
    collect() {
      this.set(store.history.last);
    },
  });
  new Gauge({
    name: 'motd_server_store_age_seconds',
    help: 'For how long there has been no word from the store: how old the message may be.',
    registers,
    collect() {
      this.set(store.freshness.ageMs / 1000);
    },
  });
  new Gauge({
    name: 'motd_server_store_unavailable',
    help: '1 while the store cannot be reached, else 0.',
    registers,
    collect() {
      this.set(store.freshness.outage === undefined ? 0 : 1);
    },
  });
  return registry;
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.statusCode = status;
  if (!response.hasHeader('content-type')) response.setHeader('content-type', 'text/plain');
  response.setHeader('cache-control', 'no-store');
  response.end(text);
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}
