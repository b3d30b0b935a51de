// The WebSocket routes: `/ws` for the default target, `/ws/NAME` for the target of that name. Which
// targets there are is decided for each request (targetList.ts).

import type { IncomingMessage } from 'node:http';
import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';
import { clientEndpoints } from '../http/clientAddress.ts';
import type { RequestGuards } from '../http/requestGuards.ts';
import type { RouteRules } from '../http/routeRules.ts';
import { CLOSE } from './closeCodes.ts';
import { selectSubprotocol } from './selectSubprotocol.ts';
import type { Sessions } from './sessions.ts';
import type { TargetList } from './targetList.ts';
import type { Target } from './targets.ts';

/** How long a client may take to send its own close frame after the bridge's. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * Limits the pieces of a message, which are its fragments and TCP chunks: a message of the maximum
 * size may have pieces of this average size, and any message may have MIN_PIECES. A message with
 * more pieces closes the WebSocket with 1008. Without the limit, pieces of a few bytes would cost
 * far more memory than their content.
 */
const MIN_MEAN_PIECE_BYTES = 256;
const MIN_PIECES = 256;

/** A page whose handshake was rejected requests the reason here, with the password. */
const RULES: RouteRules = { acceptsLoginCookie: true, setsLoginCookie: true };

/** The target of each request: ws knows the request as Node does, and not as Fastify does. */
const requestedTargets = new WeakMap<IncomingMessage, Target>();

/**
 * Makes an app accept WebSocket upgrades, and end all sessions when it closes. Routes that were
 * registered earlier respond to an upgrade as to any other request.
 */
export async function registerWebSockets(
  app: FastifyInstance,
  sessions: Sessions,
  maxMessageBytes: number,
): Promise<void> {
  const maxPieces = Math.max(MIN_PIECES, Math.ceil(maxMessageBytes / MIN_MEAN_PIECE_BYTES));
  const options = {
    maxPayload: maxMessageBytes,
    maxFragments: maxPieces,
    maxBufferedChunks: maxPieces,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The bytes may be compressed or encrypted already, and the relay writes frames itself
    // (toBrowser.ts).
    perMessageDeflate: false,
    handleProtocols: (offered: Set<string>, request: IncomingMessage) =>
      selectSubprotocol(offered, targetOf(request)) ?? false,
  };
  await app.register(fastifyWebsocket, {
    options,
    errorHandler: (_error, webSocket) => webSocketOnError.call(webSocket),
    preClose() {
      return closeAll(sessions, this.websocketServer);
    },
  });
}

export interface TargetRoutesContext {
  targets: TargetList;
  guards: RequestGuards;
  sessions: Sessions;
  /** Responds to a request for a target that does not exist. */
  onUnknown: (request: FastifyRequest, reply: FastifyReply) => FastifyReply;
}

/**
 * Serves the targets at a path, with the parameter `name` or for the default target. The response
 * to a request that is not an upgrade is 426, or that of the guard that rejects it. A page whose
 * upgrade was rejected requests the reason with OPTIONS: its GET would carry no `Origin` (Fetch
 * standard, "append a request `Origin` header").
 */
export function serveTargetsAt(
  app: FastifyInstance,
  url: string,
  { targets, guards, sessions, onUnknown }: TargetRoutesContext,
): void {
  const findTarget = (request: FastifyRequest, reply: FastifyReply, next: () => void) => {
    const { name } = request.params as { name?: string };
    const target = targets.find(name);
    if (target === undefined) {
      onUnknown(request, reply);
      return;
    }
    requestedTargets.set(request.raw, target);
    next();
  };
  const handler = (_request: FastifyRequest, reply: FastifyReply) =>
    reply
      .code(426)
      .header('upgrade', 'websocket')
      .send('This path accepts WebSocket connections only.\n');
  const guarded = { config: { rules: RULES }, onRequest: [findTarget, guards.checkOrigin] };
  app.options(url, guarded, handler);
  app.route({
    method: 'GET',
    url,
    ...guarded,
    preHandler: [guards.checkSessionQuota, detachResponse],
    handler,
    wsHandler: (webSocket, request) => {
      // The plugin's listener, too, would keep the request as long as the session.
      webSocket.removeAllListeners('error').on('error', webSocketOnError);
      const { acceptedUpgrade, socket, raw } = request;
      switch (acceptedUpgrade?.for) {
        case 'session': {
          const endpoints = () => clientEndpoints(request);
          const wantsNotices = 'notices' in (request.query as object);
          const browser = { webSocket, socket, endpoints, user: request.user, wantsNotices };
          sessions.open(browser, targetOf(raw), acceptedUpgrade.lease);
          return;
        }
        case 'rejection':
          sessions.reject(webSocket, acceptedUpgrade.limit);
          return;
        default:
          throw new Error('an upgrade passed without the guard of its route');
      }
    },
  });
}

/** The connection would keep the response to its upgrade, and the request, as long as the session. */
function detachResponse(
  { ws, socket }: FastifyRequest,
  { raw }: FastifyReply,
  next: () => void,
): void {
  if (ws) raw.detachSocket(socket);
  next();
}

function targetOf(request: IncomingMessage): Target {
  const target = requestedTargets.get(request);
  if (target === undefined) throw new Error('an upgrade passed without a target');
  return target;
}

// After a protocol error of the peer, ws has already closed the WebSocket with the code of RFC
// 6455, and `close` does nothing. A WebSocket that is still open failed because of a bug here.
function webSocketOnError(this: WebSocket): void {
  this.close(CLOSE.internalError, 'the bridge had an internal error');
}

async function closeAll(sessions: Sessions, server: WebSocketServer): Promise<void> {
  await sessions.stop();
  for (const webSocket of server.clients) webSocket.terminate();
  server.close();
}
