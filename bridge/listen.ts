// Has a bridge listen, on one address or on all of `localhost`.

import { createServer, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { type Endpoint, listeningEndpoint } from '../access/endpoint.ts';
import { isLocalhost, listenOnLocalhost } from '../access/localhost.ts';
import { CONNECTION_OPTIONS } from './http/httpServer.ts';

/**
 * Starts to accept connections.
 *
 * @param port A port; 0 picks a free one.
 * @throws Node's error if it cannot listen.
 */
export function listen(app: FastifyInstance, host: string, port: number): Promise<Endpoint> {
  return isLocalhost(host) ? listenTwice(app, port) : listenOn(app, host, port);
}

async function listenTwice(app: FastifyInstance, port: number): Promise<Endpoint> {
  // The first server has the limits, the certificate and the routes.
  const pass = (socket: Socket) => void app.server.emit('connection', socket);
  // Node's HTTP server keeps half-open connections; its TLS server does not.
  const allowHalfOpen = !(app.server instanceof TlsServer);
  const second = createServer({ ...CONNECTION_OPTIONS, allowHalfOpen }, pass);
  app.addHook('preClose', async () => void second.close());
  const endpoint = await listenOnLocalhost((host, at) => listenOn(app, host, at), second, port);
  second.on('error', (error) => app.server.emit('error', error));
  return endpoint;
}

async function listenOn(app: FastifyInstance, host: string, port: number): Promise<Endpoint> {
  await app.listen({ host, port });
  return listeningEndpoint(app.server);
}
