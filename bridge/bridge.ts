// The bridge: WebSockets to TCP targets, and the page's files.

import fastifyStatic from '@fastify/static';
import fastifyWebsocket from '@fastify/websocket';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type onRequestHookHandler,
} from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';
import { refusal } from './admission.ts';
import { CLOSE } from './closeCodes.ts';
import { relay } from './relay.ts';
import type { Target } from './targets.ts';

/** The largest WebSocket message taken, in bytes; a larger one closes with 1009. */
const MAX_MESSAGE_BYTES = 1024 * 1024;

/** How long a stopping bridge waits for browsers to take its last frames. */
const STOP_DEADLINE_MS = 5_000;

const NOT_FOUND = 'Nothing is here: no page, and no target of that name.\n';

/** Clients written for other WebSocket-to-TCP proxies ask for it by this name. */
const SUBPROTOCOL = 'binary';

export interface BridgeOptions {
  /** What may be reached, each by a name of its own; the first is the default. */
  targets: readonly Target[];
  /** The folder of the built page. */
  pageDir: string;
  /** Where requests are logged; nowhere without it. */
  logger?: FastifyBaseLogger | undefined;
}

/**
 * Builds the bridge; call `listen` on what comes back.
 *
 * `/ws` reaches the default target and `/ws/NAME` the one of that name. 404 answers a name nobody
 * configured, 403 a page of another origin or a foreign `Host`, 426 a request that is no upgrade.
 */
export async function buildBridge(options: BridgeOptions): Promise<FastifyInstance> {
  const { targets, pageDir, logger } = options;
  const app: FastifyInstance = Fastify({
    ...(logger && { loggerInstance: logger }),
    // A request that never ends must not hold up a stop.
    forceCloseConnections: true,
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(NOT_FOUND));

  // Before the WebSocket plugin: it would upgrade requests to the routes that follow, and then close.
  await app.register(fastifyStatic, { root: pageDir });
  await app.register(fastifyWebsocket, {
    options: {
      maxPayload: MAX_MESSAGE_BYTES,
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
    },
    errorHandler: (_error, webSocket) => onWebSocketError(webSocket),
    preClose() {
      return closeAll(this.websocketServer);
    },
  });

  for (const [index, target] of targets.entries()) {
    if (index === 0) serveTarget(app, '/ws', target);
    serveTarget(app, `/ws/${target.name}`, target);
  }
  return app;
}

function serveTarget(app: FastifyInstance, url: string, target: Target): void {
  app.route({
    method: 'GET',
    url,
    onRequest: admit,
    handler: (_request, reply) =>
      reply.code(426).header('upgrade', 'websocket').send('This address speaks WebSocket.\n'),
    wsHandler: (webSocket, request) => relay(webSocket, target, request.socket),
  });
}

const admit: onRequestHookHandler = (request, reply, next) => {
  const why = refusal(request.headers.origin, request.headers.host);
  if (why === undefined) next();
  else void reply.code(403).send(`Refused: ${why}.\n`);
};

// A peer's protocol error has already closed the WebSocket, with the code RFC 6455 names for it;
// one that is still open was struck by an error of ours.
function onWebSocketError(webSocket: WebSocket): void {
  webSocket.close(CLOSE.internalError, 'the bridge failed');
}

async function closeAll(server: WebSocketServer): Promise<void> {
  const open = [...server.clients];
  const deadline = setTimeout(() => {
    for (const webSocket of open) webSocket.terminate();
  }, STOP_DEADLINE_MS);
  await Promise.all(open.map((webSocket) => sendAway(webSocket)));
  clearTimeout(deadline);
  server.close();
}

function sendAway(webSocket: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    webSocket.once('close', () => resolve());
    // One that is paused would never read the peer's close frame.
    webSocket.resume();
    webSocket.close(CLOSE.goingAway, 'the bridge is stopping');
  });
}
