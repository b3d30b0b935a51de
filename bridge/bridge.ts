// The bridge: WebSockets to TCP targets, the page's files, and what an operator asks.

import type { SecureContextOptions } from 'node:tls';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { LocalQuota } from '../access/localQuota.ts';
import { DescriptorBudget } from './descriptorBudget.ts';
import { addressForms } from './http/addressForms.ts';
import { type AdminOptions, serveAdminRoutes } from './http/adminRoutes.ts';
import { CHALLENGE, type CheckPassword, requireBasicAuth } from './http/basicAuth.ts';
import { clientAddress } from './http/clientAddress.ts';
import { parseForwardedAddress } from './http/forwardedAddress.ts';
import { setHeaders } from './http/headers.ts';
import { CONNECTION_OPTIONS, httpServerFactory, limitAnswers } from './http/httpServer.ts';
import { LoginCookie, type Logins, serveLogout } from './http/loginCookie.ts';
import { OriginPolicy } from './http/originPolicy.ts';
import { inlineScriptHashes, servePage } from './http/page.ts';
import { destroyConnectionsOnClose, limitUpgradeTime } from './http/rawConnections.ts';
import { RequestGuards, type RequestGuardsContext } from './http/requestGuards.ts';
import { RequestQuota } from './http/requestQuota.ts';
import { originForm } from './http/requestTarget.ts';
import { Metrics } from './metrics.ts';
import type { Primary } from './primary.ts';
import type { SessionRules } from './relay/sessionPolicy.ts';
import { Sessions } from './relay/sessions.ts';
import { serveTarget, speakWebSocket } from './relay/webSockets.ts';

/** How long a request may take to arrive, the WebSocket handshake among them. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How often that is looked at. */
const TIMEOUT_CHECK_MS = 1_000;

/** What the head of a request may hold; a larger one is answered with 431 (RFC 6585, section 5). */
const MAX_HEADER_BYTES = 16 * 1024;

const HTTP_OPTIONS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  ...CONNECTION_OPTIONS,
};

/** What one source may have beside its sessions, in connections and in requests without an answer. */
const FURTHER_CONNECTIONS = 100;

const NOT_FOUND = 'Nothing is here: no page, and no target of that name.\n';

export interface BridgeLimits {
  maxSessions: number;
  /** From one IPv4 address, or IPv6 /64. */
  maxSessionsPerSource: number;
  /** The largest WebSocket message taken, in bytes; a larger one closes with 1009. */
  maxMessageBytes: number;
}

export interface BridgeSettings extends AdminOptions {
  /** The folder of the built page. */
  pageDir: string;
  /** Where else the page is served: behind a reverse proxy, its own origin says nothing. */
  publicOrigins: readonly string[];
  /** Whose `X-Forwarded-For` is believed, by IP address. */
  isTrustedProxy: (address: string) => boolean;
  limits: BridgeLimits;
  rules: SessionRules;
  /** Speaks for all processes of the bridge; without it, this one is the whole bridge. */
  primary?: Primary | undefined;
  /** Where requests are logged; nowhere without it. */
  logger?: FastifyBaseLogger | undefined;
  /** The certificate, the key and the least version; without them, the page speaks no TLS. */
  tls?: SecureContextOptions | undefined;
  /** How many files this process may have open. */
  maxDescriptors: number;
  /** How long a peer may take to read an answer; without it, a minute. */
  answerTimeoutMs?: number | undefined;
  /** Who may use the bridge; without it, everybody. */
  checkPassword?: CheckPassword | undefined;
  /** What gives them a cookie; without it, every request takes the password. */
  logins?: Logins | undefined;
}

/**
 * Builds the bridge; `listen` (listen.ts) has it accept connections.
 *
 * `/ws` reaches the default target and `/ws/NAME` the one of that name. 404 answers a name nobody
 * configured, 403 a page of another origin or a foreign `Host`, 401 and 429 who is not known, 426 a
 * request that is no upgrade, 503 one there is no room for. `/healthz`, `/readyz` and `/metrics`
 * are for the operator. Each of these addresses may end in a slash.
 */
export async function buildBridge(options: BridgeSettings): Promise<FastifyInstance> {
  const { targets, basePath, publicOrigins, limits, isTrustedProxy, logger, tls } = options;
  const { checkPassword, logins } = options;
  const metrics = new Metrics(targets.map(({ name }) => name));
  options.primary?.onSample(() => metrics.sample());
  const sessions = sessionsFor(options, metrics);
  const descriptors = new DescriptorBudget(sessions, options.maxDescriptors);
  const guards = requestGuards(options, { sessions, metrics, descriptors });

  const app: FastifyInstance = Fastify({
    ...(logger && { loggerInstance: logger.child({}, { serializers: { req: loggedRequest } }) }),
    trustProxy: (text) => {
      const address = parseForwardedAddress(text);
      return address !== undefined && isTrustedProxy(address);
    },
    // A request that never ends must not hold up a stop.
    forceCloseConnections: true,
    serverFactory: httpServerFactory(HTTP_OPTIONS, tls, () => metrics.refused('unanswered')),
    rewriteUrl: originForm,
    frameworkErrors: (_error, request, reply) => {
      metrics.refused('malformed');
      answerMalformed(request, reply);
    },
  });
  setHeaders(app, inlineScriptHashes(options.pageDir));
  limitAnswers(app, options.answerTimeoutMs);
  app.setNotFoundHandler((request, reply) => {
    if (request.ws) metrics.refused('target');
    return reply.code(404).send(NOT_FOUND);
  });

  // Before it speaks WebSocket: it would upgrade requests to the routes that follow,
  // and then close.
  servePage(app, options.pageDir, basePath);
  serveAdminRoutes(app, options, options.primary?.metrics ?? metrics, descriptors);

  await speakWebSocket(app, sessions, limits.maxMessageBytes);
  // After that, which ends sessions in order first,
  // and sees to it that a refused upgrade is closed.
  destroyConnectionsOnClose(app);
  limitUpgradeTime(app);
  guards.install(app);
  if (checkPassword) {
    const onRefusal = () => metrics.refused('password');
    const cookie = logins && new LoginCookie({ logins, basePath, publicOrigins });
    await requireBasicAuth(app, { checkPassword, cookie, onRefusal });
    if (cookie) serveLogout(app, { basePath, cookie, challenge: CHALLENGE });
  }
  for (const [index, target] of targets.entries()) {
    const paths = [...(index === 0 ? [`${basePath}/ws`] : []), `${basePath}/ws/${target.name}`];
    for (const url of paths.flatMap(addressForms)) serveTarget(app, url, target, guards, sessions);
  }
  return app;
}

function sessionsFor(options: BridgeSettings, metrics: Metrics): Sessions {
  const { rules, connectTimeoutMs, primary, limits } = options;
  const quota = primary?.sessions ?? sessionQuota(limits);
  return new Sessions({ metrics, rules, connectTimeoutMs, quota });
}

type GuardParts = Pick<RequestGuardsContext, 'sessions' | 'metrics' | 'descriptors'>;

function requestGuards(options: BridgeSettings, parts: GuardParts): RequestGuards {
  const { limits, publicOrigins, isTrustedProxy, primary } = options;
  return new RequestGuards({
    ...parts,
    isTrustedProxy,
    admission: new OriginPolicy(publicOrigins),
    connections: primary?.connections ?? connectionQuota(limits),
    requests: new RequestQuota(connectionQuota(limits)),
  });
}

/** Makes the quota for the sessions of a bridge. */
export function sessionQuota({ maxSessions, maxSessionsPerSource }: BridgeLimits): LocalQuota {
  return new LocalQuota({ total: maxSessions, perSource: maxSessionsPerSource });
}

/** Makes the quota for the TCP connections of a bridge, or for its unanswered requests. */
export function connectionQuota({ maxSessionsPerSource }: BridgeLimits): LocalQuota {
  return new LocalQuota({
    total: Number.POSITIVE_INFINITY,
    perSource: maxSessionsPerSource + FURTHER_CONNECTIONS,
  });
}

/** A request as the log has it: a proxy may have written the client's port behind its address. */
function loggedRequest(request: FastifyRequest) {
  const { method, url, host, socket } = request;
  return {
    method,
    url,
    host,
    remoteAddress: clientAddress(request),
    remotePort: socket.remotePort,
  };
}

/**
 * An address that cannot be decoded. No hook runs, so nobody else closes what asked for an upgrade.
 */
function answerMalformed({ socket }: FastifyRequest, reply: FastifyReply): void {
  reply.header('connection', 'close').raw.once('finish', () => socket.destroySoon());
  void reply.code(400).type('text/plain; charset=utf-8').send('Refused: that is no address.\n');
}
