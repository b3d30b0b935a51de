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
import Fastify, { type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { LocalQuota } from '../access/localQuota.ts';
import { UNIX_PEER } from '../access/source.ts';
import { DescriptorBudget } from './descriptorBudget.ts';
import { type AddRoutes, routeTools } from './http/addedRoutes.ts';
import { type AdminOptions, serveAdminRoutes } from './http/adminRoutes.ts';
import { CHALLENGE, type CheckPassword, requireBasicAuth } from './http/basicAuth.ts';
import { setPeerKind } from './http/clientAddress.ts';
import { countRefusedCertificates, nameByCertificate } from './http/clientCertificate.ts';
import { parseForwardedAddress } from './http/forwardedAddress.ts';
import { setHeaders } from './http/headers.ts';
import { CONNECTION_OPTIONS, httpServerFactory } from './http/httpServer.ts';
import { LoginCookie, type Logins, serveLogout } from './http/loginCookie.ts';
import { OriginPolicy } from './http/originPolicy.ts';
import { inlineScriptHashes, servePage } from './http/page.ts';
import { destroyConnectionsOnClose, limitUpgradeTime } from './http/rawConnections.ts';
import { limitReadTime } from './http/readDeadline.ts';
import { RequestGuards } from './http/requestGuards.ts';
import { loggedRequest } from './http/requestLog.ts';
import { normalizeRequestTarget } from './http/requestTarget.ts';
import { serveTargetDescriptions } from './http/targetRoutes.ts';
import { withAndWithoutSlash } from './http/trailingSlash.ts';
import { nameByHeader } from './http/trustedNames.ts';
import { rejectMalformed, rejectUnknown } from './http/unroutable.ts';
import { type BridgeLimits, connectionLimits, sessionLimits } from './limits.ts';
import { Metrics } from './metrics.ts';
import type { Primary } from './primary.ts';
import { Recorder, type RecordingSettings } from './recording/recorder.ts';
import type { SessionRules } from './relay/sessionPolicy.pure.ts';
import { SessionQuota } from './relay/sessionQuota.ts';
import { Sessions } from './relay/sessions.ts';
import type { ReportTargetOutcome } from './relay/targetOutcome.ts';
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

export interface BridgeSettings extends AdminOptions {
  /** The folder of the built page. */
  pageDir: string;
  /** Further origins of the page, for example behind a reverse proxy. */
  publicOrigins: readonly string[];
  /** The origins whose pages may show this one in a frame. By default, none. */
  frameOrigins?: readonly string[] | undefined;
  /** Whether it will listen on a Unix socket. By default, on a TCP port. */
  isOnUnixSocket?: boolean | undefined;
  /** Whether the `X-Forwarded-For` of an IP address, or of UNIX_PEER, is trusted. */
  isTrustedProxy: (address: string) => boolean;
  limits: BridgeLimits;
  rules: SessionRules;
  /** The primary of a bridge with workers; without it, this process is the whole bridge. */
  primary?: Primary | undefined;
  /** Logs requests; without it, they are not logged. */
  logger?: FastifyBaseLogger | undefined;
  /**
   * The certificate, the key and the minimum version; without them, plain HTTP. With `ca`, clients
   * need a certificate that it has signed.
   */
  tls?: SecureContextOptions | undefined;
  /** How many file descriptors this process may have open. */
  maxDescriptors: number;
  /** How long a peer may take to read a piece of a response; by default, a minute. */
  readTimeoutMs?: number | undefined;
  /** The header in which a trusted proxy names the user. */
  authHeader?: string | undefined;
  /** Parses the name of a user, as bytes in a header or a certificate. */
  parseUserName: (bytes: string) => string | undefined;
  /** Checks the password of a user; without it, no password is required. */
  checkPassword?: CheckPassword | undefined;
  /** Issues tokens for the login cookie; without it, every request needs the password. */
  logins?: Logins | undefined;
  /** Called when a session has reached its target, or could not. */
  onTargetOutcome?: ReportTargetOutcome | undefined;
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
  const { targets, primary, checkPassword, logins, record } = options;
  const metrics = new Metrics();
  // The counts of a target that is removed stay: a counter must not decrease.
  const countAll = () => {
    for (const { name } of targets.all) metrics.countersOf(name);
  };
  countAll();
  targets.onReplace(countAll);
  primary?.onSample(() => metrics.sample());
  const recorder = record && new Recorder(record, metrics.recordings);
  const descriptors = new DescriptorBudget(options.maxDescriptors, record !== undefined);
  return {
    options,
    metrics,
    sessions: new Sessions({ ...options, metrics, recorder }),
    descriptors,
    guards: requestGuards(options, metrics, descriptors),
    cookie: checkPassword && logins && new LoginCookie({ ...options, logins }),
  };
}

function createApp({ options, metrics }: Parts): Built<'created'> {
  const { pageDir, isTrustedProxy, isOnUnixSocket = false, logger, tls } = options;
  const app: FastifyInstance = Fastify({
    ...(logger && { loggerInstance: logger.child({}, { serializers: { req: loggedRequest } }) }),
    // The peer of a connection comes first, and has no address on a Unix socket.
    trustProxy: (text: string | undefined, index) => {
      const isUnixPeer = isOnUnixSocket && index === 0;
      const address = isUnixPeer ? UNIX_PEER : parseForwardedAddress(text ?? '');
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
  setPeerKind(app, isOnUnixSocket);
  setHeaders(app, {
    scriptHashes: inlineScriptHashes(pageDir),
    frameOrigins: options.frameOrigins ?? [],
  });
  limitReadTime(app, options.readTimeoutMs);
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
  { options, metrics, cookie }: Parts,
): Promise<Built<'passwords'>> {
  const { tls, authHeader, isTrustedProxy, parseUserName, checkPassword } = options;
  const onUnnamed = () => metrics.recordRejection('user');
  const onRejection = () => metrics.recordRejection('password');
  app.decorateRequest('user', undefined);
  // Each of them names the user. The last one counts: it knows more than the connection.
  if (tls?.ca !== undefined) {
    countRefusedCertificates(app, (reason) => metrics.recordRefusedCertificate(reason));
    nameByCertificate(app, parseUserName, onUnnamed);
  }
  if (authHeader !== undefined) {
    const proxies = { isTrustedProxy, parseName: parseUserName, onRejection: onUnnamed };
    nameByHeader(app, { header: authHeader, ...proxies });
  }
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
  { limits, publicOrigins, isTrustedProxy, isOnUnixSocket = false, primary }: BridgeSettings,
  metrics: Metrics,
  descriptors: DescriptorBudget,
): RequestGuards {
  return new RequestGuards({
    metrics,
    descriptors,
    isTrustedProxy,
    isOnUnixSocket,
    originPolicy: new OriginPolicy(publicOrigins),
    connections: primary?.connections ?? new LocalQuota(connectionLimits(limits)),
    requests: new LocalQuota(connectionLimits(limits)),
    sessions: new SessionQuota(
      primary?.sessions ?? new LocalQuota(sessionLimits(limits)),
      descriptors,
    ),
  });
}
