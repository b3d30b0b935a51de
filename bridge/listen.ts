// Makes a bridge listen: on one address, on both addresses of `localhost`, or on a Unix socket.

import { createServer, type Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { type Endpoint, listeningEndpoint, type UnixSocket } from '../access/endpoint.ts';
import { isLocalhost, listenOnLocalhost } from '../access/localhost.ts';
import { listenOnSocketFile, type SocketFile } from '../access/unixSocket.ts';
import { CONNECTION_OPTIONS } from './http/httpServer.ts';

/**
 * Starts to accept connections.
 *
 * @param port A port; 0 picks a free one.
 * @throws Node's error if it cannot listen.
 */
export function listen(app: FastifyInstance, host: string, port: number): Promise<Endpoint> {
  return isLocalhost(host) ? listenOnBoth(app, port) : listenOn(app, host, port);
}

/**
 * Starts to accept connections on a Unix socket. The bridge must have been built for one.
 *
 * @throws SocketPathError or Node's error if it cannot listen.
 */
export async function listenOnPath(
  app: FastifyInstance,
  file: UnixSocket | SocketFile,
): Promise<UnixSocket> {
  const { path } = file;
  await listenOnSocketFile(file, () => app.listen({ path }));
  return { path };
}

async function listenOnBoth(app: FastifyInstance, port: number): Promise<Endpoint> {
  // The second server only accepts: the first one has the limits, the certificate and the routes.
  const passOn = (socket: Socket) => void app.server.emit('connection', socket);
  // Same as the first server: Node's HTTP server allows half-open connections, but not its TLS
  // server.
  const allowHalfOpen = !(app.server instanceof TlsServer);
  const second = createServer({ ...CONNECTION_OPTIONS, allowHalfOpen }, passOn);
  app.addHook('preClose', async () => void second.close());
  const endpoint = await listenOnLocalhost(
    (host, candidate) => listenOn(app, host, candidate),
    second,
    port,
  );
  second.on('error', (error) => app.server.emit('error', error));
  return endpoint;
}

async function listenOn(app: FastifyInstance, host: string, port: number): Promise<Endpoint> {
  await app.listen({ host, port });
  return listeningEndpoint(app.server);
}
