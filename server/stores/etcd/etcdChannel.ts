// A gRPC channel to one etcd member, with TLS and password authentication if configured.
//
// The service clients are etcd3's. Its connection pool is not used: it reconnects and logs in again
// after every failure, and the connections it abandons stay open while a member hangs.

import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  connectivityState,
  credentials,
  Metadata,
} from '@grpc/grpc-js';
import {
  castGrpcError,
  EtcdAuthenticationFailedError,
  EtcdInvalidAuthTokenError,
  GRPCDeadlineExceededError,
  type ICallable,
  type Services,
} from 'etcd3';
import { Host } from 'etcd3/lib/connection-pool.js';
import { errorMessage } from '../../../access/errorMessage.ts';
import type { EtcdCredentials, EtcdTls } from './etcdCredentials.ts';

/** etcd hashes the password with bcrypt, which takes a while. */
const LOGIN_TIMEOUT_MS = 2000;

/** How long a rejected login is cached: bcrypt is expensive for etcd. */
const LOGIN_FAILURE_TTL_MS = 30_000;

/** How long a connection attempt may take; the timeout doubles with each attempt. */
const MIN_CONNECT_TIMEOUT_MS = 3000;
const MAX_CONNECT_TIMEOUT_MS = 60_000;

const OPTIONS: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // Detects a dead connection while no request is under way. etcd's minimum interval is 5 s.
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': -1,
  // Ignore proxies from the environment, and service configurations (retry policies) from DNS.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** etcd's error if users changed after a token was issued; a JWT carries the auth revision. */
const STALE_TOKEN = /revision of auth store is old|revision in header is old/;

/** SNI must not carry an IP address (RFC 6066, section 3), but gRPC would send one. */
const IP_ADDRESS_OPTIONS: ChannelOptions = { 'grpc.ssl_target_name_override': 'localhost' };

interface CallOptions {
  deadline?: Date | number;
}

export class EtcdChannel implements ICallable<undefined> {
  readonly callOptionsFactory = undefined;
  readonly #createHost: () => Host;
  #host: Host;
  readonly #auth: EtcdCredentials['auth'];
  #token: Promise<string> | undefined;
  #reconnectedAtMs = performance.now();
  #connectTimeoutMs = MIN_CONNECT_TIMEOUT_MS;

  /** @param address `HOST:PORT` */
  constructor(address: string, { tls, auth }: EtcdCredentials) {
    const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    const options = isIP(host) === 0 ? OPTIONS : { ...OPTIONS, ...IP_ADDRESS_OPTIONS };
    const credentials = channelCredentials(tls, host);
    let channels = 0;
    // gRPC shares connections, also pending ones, between channels with equal options. The counter
    // makes every channel connect again.
    this.#createHost = () =>
      new Host(address, credentials, { ...options, 'motd.channel': ++channels });
    this.#host = this.#createHost();
    this.#auth = auth;
  }

  /** Sends one request; retries once if etcd rejects the token. @throws etcd3's errors. */
  async exec<Response>(
    service: keyof typeof Services,
    method: string,
    request: unknown,
    options: CallOptions = {},
  ): Promise<Response> {
    const client = this.#host.getServiceClient(service);
    const metadata = await this.#metadata();
    try {
      const response = await call<Response>(client, method, request, metadata, options);
      this.#connectTimeoutMs = MIN_CONNECT_TIMEOUT_MS;
      return response;
    } catch (error) {
      if (error instanceof GRPCDeadlineExceededError) this.#reconnectIfDead(client);
      if (!isTokenRejected(error)) throw error;
      this.#token = undefined;
      return call<Response>(client, method, request, await this.#metadata(), options);
    }
  }

  /**
   * Reconnects after a request timed out. A connection attempt under way gets more and more time:
   * while a member hangs, gRPC closes none of the abandoned ones, and each holds a descriptor.
   */
  #reconnectIfDead(client: Client): void {
    const state = client.getChannel().getConnectivityState(false);
    // Already replaced, or this channel is closed.
    if (state === connectivityState.SHUTDOWN) return;
    const now = performance.now();
    if (state !== connectivityState.READY) {
      if (now < this.#reconnectedAtMs + this.#connectTimeoutMs) return;
      this.#connectTimeoutMs = Math.min(this.#connectTimeoutMs * 2, MAX_CONNECT_TIMEOUT_MS);
    }
    this.#reconnectedAtMs = now;
    this.#host.close();
    this.#host = this.#createHost();
  }

  async withConnection<Result>(
    service: keyof typeof Services,
    act: (to: {
      resource: undefined;
      client: Client;
      metadata: Metadata;
    }) => Promise<Result> | Result,
  ): Promise<Result> {
    const client = this.#host.getServiceClient(service);
    return act({ resource: undefined, client, metadata: await this.#metadata() });
  }

  /** Nothing to do: gRPC reconnects by itself. */
  markFailed(): void {}

  close(): void {
    this.#host.close();
  }

  async #metadata(): Promise<Metadata> {
    const metadata = new Metadata();
    if (this.#auth === undefined) return metadata;
    this.#token ??= this.#logIn(this.#auth);
    metadata.set('token', await this.#token);
    return metadata;
  }

  async #logIn({ user, password }: NonNullable<EtcdCredentials['auth']>): Promise<string> {
    const clearToken = () => {
      this.#token = undefined;
    };
    const client = this.#host.getServiceClient('Auth');
    try {
      const { token } = await call<{ token: string }>(
        client,
        'authenticate',
        { name: user, password },
        new Metadata(),
        { deadline: Date.now() + LOGIN_TIMEOUT_MS },
      );
      return token;
    } catch (error) {
      if (error instanceof GRPCDeadlineExceededError) this.#reconnectIfDead(client);
      if (error instanceof EtcdAuthenticationFailedError) {
        setTimeout(clearToken, LOGIN_FAILURE_TTL_MS).unref();
      } else {
        clearToken();
      }
      throw error;
    }
  }
}

function isTokenRejected(error: unknown): boolean {
  return error instanceof EtcdInvalidAuthTokenError || STALE_TOKEN.test(errorMessage(error));
}

/** Calls a method that grpc-js generated from the service definition. */
function call<Response>(
  client: Client,
  method: string,
  request: unknown,
  metadata: Metadata,
  options: CallOptions,
): Promise<Response> {
  const unary: unknown = Reflect.get(client, method);
  if (typeof unary !== 'function') throw new Error(`unknown etcd method: ${method}`);
  return new Promise((resolve, reject) => {
    unary.call(client, request, metadata, options, (error: Error | null, response: Response) => {
      if (error === null) resolve(response);
      else reject(castGrpcError(error));
    });
  });
}

function channelCredentials(tls: EtcdTls | undefined, host: string): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const { ca = null, key = null, cert = null } = tls;
  if (isIP(host) === 0) return credentials.createSsl(ca, key, cert);
  return credentials.createSsl(ca, key, cert, {
    checkServerIdentity: (_localhost, certificate) => checkServerIdentity(host, certificate),
  });
}
