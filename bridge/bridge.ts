// Builds the bridge: WebSocket routes to TCP targets, the page's files, and the routes for
// operators. It is built in phases. Each takes the app of the phase before it, so that no other
// order compiles. phases.test.ts tests what the order protects.
//
//   phase         adds                          comes after the one before, because
//   created       server, headers, deadlines
//   plainRoutes   page, admin and added routes
//   upgrades      WebSockets                    routes before it do not accept upgrades
//   connections   their end                     sessions close before connections are destroyed
//   guards        checks of every request       they need `request.ws`; rejections need headers
//   passwords     authentication                a foreign page must not test passwords
//   targets       WebSocket routes              routes after `upgrades` accept upgrades

import type { SecureContextOptions } from 'node:tls';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from 'fastify';
import { LocalQuota } from '../access/localQuota.ts';
import type { QuotaLimits } from '../access/quota.ts';
import { DescriptorBudget } from './descriptorBudget.ts';
import { type AddRoutes, routeTools } from './http/addedRoutes.ts';
import { type AdminOptions, serveAdminRoutes } from './http/adminRoutes.ts';
import { CHALLENGE, type CheckPassword, requireBasicAuth } from './http/basicAuth.ts';
import { clientAddress } from './http/clientAddress.ts';
import { parseForwardedAddress } from './http/forwardedAddress.ts';
import { setHeaders } from './http/headers.ts';
import { CONNECTION_OPTIONS, httpServerFactory, limitResponseTime } from './http/httpServer.ts';
import { LoginCookie, type Logins, serveLogout } from './http/loginCookie.ts';
import { OriginPolicy } from './http/originPolicy.ts';
import { inlineScriptHashes, servePage } from './http/page.ts';
import { destroyConnectionsOnClose, limitUpgradeTime } from './http/rawConnections.ts';
import { RequestGuards } from './http/requestGuards.ts';
import { normalizeRequestTarget } from './http/requestTarget.ts';
import { serveTargetDescriptions } from './http/targetRoutes.ts';
import { withAndWithoutSlash } from './http/trailingSlash.ts';
import { Metrics } from './metrics.ts';
import type { Primary } from './primary.ts';
import { Recorder, type RecordingSettings } from './recording/recorder.ts';
import type { SessionRules } from './relay/sessionPolicy.ts';
import { Sessions } from './relay/sessions.ts';
import { UpgradeQuota } from './relay/upgradeQuota.ts';
import { registerWebSockets, serveTargetsAt } from './relay/webSocketRoutes.ts';

/** How long a request may take to arrive completely, including a WebSocket handshake. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How often Node checks the timeouts of requests. */
const TIMEOUT_CHECK_MS = 1_000;

/** The maximum size of a request's head; a larger one gets 431 (RFC 6585, section 5). */
const MAX_HEADER_BYTES = 16 * 1024;

const HTTP_OPTIONS = {
  requestTimeout: REQUEST_TIMEOUT_MS,
  headersTimeout: REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  ...CONNECTION_OPTIONS,
};

/** How many connections, or unanswered requests, one source may have besides its sessions. */
const ADDITIONAL_CONNECTIONS = 100;

const NOT_FOUND = 'Not found: no page and no target has this path.\n';

export interface BridgeLimits {
  maxSessions: number;
  /** Per IPv4 address, or IPv6 /64. */
  maxSessionsPerSource: number;
  /** The maximum size of a WebSocket message in bytes; a larger one closes with 1009. */
  maxMessageBytes: number;
}

export interface BridgeSettings extends AdminOptions {
  /** The folder of the built page. */
  pageDir: string;
  /** Further origins of the page, for example behind a reverse proxy. */
  publicOrigins: readonly string[];
  /** Whether the `X-Forwarded-For` of an IP address is trusted. */
  isTrustedProxy: (address: string) => boolean;
  limits: BridgeLimits;
  rules: SessionRules;
  /** The primary of a bridge with workers; without it, this process is the whole bridge. */
  primary?: Primary | undefined;
  /** Logs requests; without it, they are not logged. */
  logger?: FastifyBaseLogger | undefined;
  /** The certificate, the key and the minimum version; without them, plain HTTP. */
  tls?: SecureContextOptions | undefined;
  /** How many file descriptors this process may have open. */
  maxDescriptors: number;
  /** How long a peer may take to read a response; by default, a minute. */
  responseTimeoutMs?: number | undefined;
  /** Checks the password of a user; without it, no password is required. */
  checkPassword?: CheckPassword | undefined;
  /** Issues tokens for the login cookie; without it, every request needs the password. */
  logins?: Logins | undefined;
  /** Records each session; without it, none is. */
  record?: RecordingSettings | undefined;
  /** Adds the routes of the program. */
  addRoutes?: AddRoutes | undefined;
}

/** What the phases build with. */
interface Parts {
  options: BridgeSettings;
  metrics: Metrics;
  sessions: Sessions;
  descriptors: DescriptorBudget;
  guards: RequestGuards;
  /** Only if passwords are required. */
  cookie: LoginCookie | undefined;
}

/** An app after a phase. */
interface Built<Phase> {
  readonly app: FastifyInstance;
  readonly phase: Phase;
}

/**
 * Builds the bridge. `listen` (listen.ts) then makes it accept connections.
 *
 * `/ws` connects to the default target, `/ws/NAME` to the target of that name. Rejected requests
 * get 404 (unknown name), 403 (origin or host not allowed), 401 and 429 (password), 426 (not an
 * upgrade) or 503 (quota exceeded). `/healthz`, `/readyz` and `/metrics` are for operators. Each of
 * these paths may have a trailing slash.
 */
export async function buildBridge(options: BridgeSettings): Promise<FastifyInstance> {
  const parts = partsFor(options);
  const created = createApp(parts);
  const withPlainRoutes = servePlainRoutes(created, parts);
  const withUpgrades = await acceptUpgrades(withPlainRoutes, parts);
  const withConnections = endConnections(withUpgrades);
  const withGuards = guardRequests(withConnections, parts);
  const withPasswords = await requirePasswords(withGuards, parts);
  return serveTargets(withPasswords, parts).app;
}

function partsFor(options: BridgeSettings): Parts {
  const { targets, rules, connectTimeoutMs, primary, checkPassword, logins, record } = options;
  const metrics = new Metrics();
  for (const { name } of targets.all) metrics.countersOf(name);
  primary?.onSample(() => metrics.sample());
  const recorder = record && new Recorder(record, metrics.recordings);
  const descriptors = new DescriptorBudget(options.maxDescriptors, record !== undefined);
  return {
    options,
    metrics,
    sessions: new Sessions({ metrics, rules, connectTimeoutMs, recorder }),
    descriptors,
    guards: requestGuards(options, metrics, descriptors),
    cookie: checkPassword && logins && new LoginCookie({ ...options, logins }),
  };
}

function createApp({ options, metrics }: Parts): Built<'created'> {
  const { pageDir, isTrustedProxy, logger, tls, responseTimeoutMs } = options;
  const app: FastifyInstance = Fastify({
    ...(logger && { loggerInstance: logger.child({}, { serializers: { req: loggedRequest } }) }),
    trustProxy: (text) => {
      const address = parseForwardedAddress(text);
      return address !== undefined && isTrustedProxy(address);
    },
    // A request that does not end must not delay the stop.
    forceCloseConnections: true,
    serverFactory: httpServerFactory(HTTP_OPTIONS, tls, () =>
      metrics.recordRejection('unanswered_requests'),
    ),
    rewriteUrl: normalizeRequestTarget,
    frameworkErrors: (_error, request, reply) => {
      metrics.recordRejection('malformed');
      rejectMalformed(request, reply);
    },
  });
  setHeaders(app, inlineScriptHashes(pageDir));
  limitResponseTime(app, responseTimeoutMs);
  app.setNotFoundHandler(rejectUnknown(metrics));
  return { app, phase: 'created' };
}

/** Serves the routes that respond to an upgrade as to any other request. */
function servePlainRoutes(
  { app }: Built<'created'>,
  { options, metrics, descriptors, guards, cookie }: Parts,
): Built<'plainRoutes'> {
  const { basePath, primary, addRoutes } = options;
  servePage(app, options);
  serveTargetDescriptions(app, options);
  serveAdminRoutes(app, options, primary?.metrics ?? metrics, descriptors);
  if (cookie) serveLogout(app, { basePath, cookie, challenge: CHALLENGE });
  addRoutes?.(app, routeTools(basePath, guards));
  return { app, phase: 'plainRoutes' };
}

async function acceptUpgrades(
  { app }: Built<'plainRoutes'>,
  { options, sessions }: Parts,
): Promise<Built<'upgrades'>> {
  await registerWebSockets(app, sessions, options.limits.maxMessageBytes);
  return { app, phase: 'upgrades' };
}

function endConnections({ app }: Built<'upgrades'>): Built<'connections'> {
  destroyConnectionsOnClose(app);
  limitUpgradeTime(app);
  return { app, phase: 'connections' };
}

function guardRequests({ app }: Built<'connections'>, { guards }: Parts): Built<'guards'> {
  guards.install(app);
  return { app, phase: 'guards' };
}

async function requirePasswords(
  { app }: Built<'guards'>,
  { options: { checkPassword }, metrics, cookie }: Parts,
): Promise<Built<'passwords'>> {
  const onRejection = () => metrics.recordRejection('password');
  if (checkPassword) await requireBasicAuth(app, { checkPassword, cookie, onRejection });
  return { app, phase: 'passwords' };
}

function serveTargets(
  { app }: Built<'passwords'>,
  { options: { targets, basePath }, metrics, guards, sessions }: Parts,
): Built<'targets'> {
  const onUnknown = rejectUnknown(metrics);
  for (const path of [`${basePath}/ws`, `${basePath}/ws/:name`].flatMap(withAndWithoutSlash))
    serveTargetsAt(app, path, { targets, guards, sessions, onUnknown });
  return { app, phase: 'targets' };
}

function requestGuards(
  { limits, publicOrigins, isTrustedProxy, primary }: BridgeSettings,
  metrics: Metrics,
  descriptors: DescriptorBudget,
): RequestGuards {
  return new RequestGuards({
    metrics,
    descriptors,
    isTrustedProxy,
    originPolicy: new OriginPolicy(publicOrigins),
    connections: primary?.connections ?? new LocalQuota(connectionLimits(limits)),
    requests: new LocalQuota(connectionLimits(limits)),
    upgrades: new UpgradeQuota(
      primary?.sessions ?? new LocalQuota(sessionLimits(limits)),
      descriptors,
    ),
  });
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

/** Rejects a request for a path, or a target, that does not exist. */
function rejectUnknown(metrics: Metrics) {
  return (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (request.ws) metrics.recordRejection('target');
    return reply.code(404).send(NOT_FOUND);
  };
}

/** A request for the log. The address is parsed because a proxy may append the client's port. */
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
 * Rejects a request whose path cannot be decoded. No hook runs for it, so the connection of an
 * upgrade has to be closed here.
 */
function rejectMalformed({ socket }: FastifyRequest, reply: FastifyReply): void {
  reply.header('connection', 'close').raw.once('finish', () => socket.destroySoon());
  void reply
    .code(400)
    .type('text/plain; charset=utf-8')
    .send('Rejected: the path cannot be decoded.\n');
}
