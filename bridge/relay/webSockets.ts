// The addresses that speak WebSocket: `/ws` for the default target,
// `/ws/NAME` for the one of that name.

import fastifyWebsocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WebSocket, WebSocketServer } from 'ws';
import { clientEnds } from '../http/clientAddress.ts';
import type { RequestGuards } from '../http/requestGuards.ts';
import type { RouteRules } from '../http/routeRules.ts';
import { CLOSE } from './closeCodes.ts';
import type { Sessions } from './sessions.ts';
import type { Target } from './targets.ts';

/** How long a browser may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 10_000;

/**
 * The least that the pieces of a message may hold on average, fragments and TCP chunks, were it as
 * large as it may be; with more of them it closes with 1008.
 * A piece costs more memory than a few bytes.
 */
const LEAST_MEAN_PIECE_BYTES = 256;
const LEAST_PIECES = 256;

/** A page whose handshake was refused asks here again, in a request that has the password. */
const RULES: RouteRules = { takesLoginCookie: true, handsOutLogin: true };

/** Clients written for other WebSocket-to-TCP proxies ask for it by this name. */
const SUBPROTOCOL = 'binary';

/**
 * Has an app understand upgrades, and end them in order when it closes. An upgrade to a route that
 * was there before is answered like any other request.
 */
export async function speakWebSocket(
  app: FastifyInstance,
  sessions: Sessions,
  maxMessageBytes: number,
): Promise<void> {
  const maxPieces = Math.max(LEAST_PIECES, Math.ceil(maxMessageBytes / LEAST_MEAN_PIECE_BYTES));
  const options = {
    maxPayload: maxMessageBytes,
    maxFragments: maxPieces,
    maxBufferedChunks: maxPieces,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The bytes may be random, compressed or encrypted already; a browser does not insist.
    perMessageDeflate: false,
    handleProtocols: (offered: Set<string>) => offered.has(SUBPROTOCOL) && SUBPROTOCOL,
  };
  await app.register(fastifyWebsocket, {
    options,
    errorHandler: (_error, webSocket) => webSocketOnError(webSocket),
    preClose() {
      return closeAll(sessions, this.websocketServer);
    },
  });
}

/**
 * Serves a target at an address. 426 answers a request that is no upgrade; what else is refused,
 * the guards refuse. A page that was refused asks why with OPTIONS: its GET would carry no `Origin`
 * (Fetch standard, "append a request `Origin` header").
 */
export function serveTarget(
  app: FastifyInstance,
  url: string,
  target: Target,
  guards: RequestGuards,
  sessions: Sessions,
): void {
  const handler = (_request: FastifyRequest, reply: FastifyReply) =>
    reply.code(426).header('upgrade', 'websocket').send('This address speaks WebSocket.\n');
  const guarded = { config: { rules: RULES }, onRequest: guards.checkOrigin };
  app.options(url, guarded, handler);
  app.route({
    method: 'GET',
    url,
    ...guarded,
    preHandler: guards.checkSessionQuota,
    handler,
    wsHandler: (webSocket, request) => {
      const browser = { webSocket, socket: request.socket, ends: () => clientEnds(request) };
      sessions.open(browser, target);
    },
  });
}

// A peer's protocol error has already closed the WebSocket, with the code RFC 6455 names for it;
// one that is still open was struck by an error of ours.
function webSocketOnError(webSocket: WebSocket): void {
  webSocket.close(CLOSE.internalError, 'the bridge failed');
}

async function closeAll(sessions: Sessions, server: WebSocketServer): Promise<void> {
  await sessions.stop();
  for (const webSocket of server.clients) webSocket.terminate();
  server.close();
}
