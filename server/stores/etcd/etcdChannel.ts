// A gRPC channel to one etcd member, with TLS and password authentication if configured.
//
// gRPC reconnects by itself when a connection breaks. When one hangs, it would wait for minutes:
// the channel then opens another one.

import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import {
  type ChannelCredentials,
  type ChannelOptions,
  Client,
  type ClientDuplexStream,
  connectivityState,
  credentials,
  Metadata,
} from '@grpc/grpc-js';
import { AUTHENTICATE, type EtcdMethod } from './etcdApi.ts';
import type { EtcdCredentials, EtcdTls } from './etcdCredentials.ts';
import { EtcdRequestError, requestError } from './etcdErrors.ts';
import { EtcdToken } from './etcdToken.ts';

/** etcd hashes the password with bcrypt, which takes a while. */
const LOGIN_TIMEOUT_MS = 2000;

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
  // Otherwise a new client would share the connection of the one that it replaces.
  'grpc.use_local_subchannel_pool': 1,
  // Ignore proxies from the environment, and service configurations (retry policies) from DNS.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** SNI must not carry an IP address (RFC 6066, section 3), but gRPC would send one. */
const IP_ADDRESS_OPTIONS: ChannelOptions = { 'grpc.ssl_target_name_override': 'localhost' };

export class EtcdChannel {
  readonly #address: string;
  readonly #openClient: () => Client;
  readonly #token: EtcdToken | undefined;
  #client: Client;
  #openedAtMs = performance.now();
  #connectTimeoutMs = MIN_CONNECT_TIMEOUT_MS;

  /** @param address `HOST:PORT` */
  constructor(address: string, { tls, auth }: EtcdCredentials) {
    const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    const options = isIP(host) === 0 ? OPTIONS : { ...OPTIONS, ...IP_ADDRESS_OPTIONS };
    const channelCredentials = channelCredentialsFor(tls, host);
    this.#address = address;
    this.#openClient = () => new Client(address, channelCredentials, options);
    this.#client = this.#openClient();
    this.#token = auth && new EtcdToken(() => this.#logIn(auth));
  }

  /** Sends one request, again if etcd rejects the token. @throws EtcdRequestError */
  async request<Request, Response>(
    method: EtcdMethod<Request, Response>,
    request: Request,
    deadline: number,
  ): Promise<Response> {
    try {
      return await this.#call(method, request, await this.#metadata(), deadline);
    } catch (error) {
      if (!(error instanceof EtcdRequestError && error.is('tokenRejected'))) throw error;
      this.#token?.discard();
      return this.#call(method, request, await this.#metadata(), deadline);
    }
  }

  /** @throws EtcdRequestError if the login fails; the stream reports other errors itself. */
  async openStream<Request, Response>({
    path,
    encode,
    decode,
  }: EtcdMethod<Request, Response>): Promise<ClientDuplexStream<Request, Response>> {
    const metadata = await this.#metadata();
    return this.#client.makeBidiStreamRequest(path, encode, decode, metadata);
  }

  close(): void {
    this.#client.close();
  }

  async #call<Request, Response>(
    { path, encode, decode }: EtcdMethod<Request, Response>,
    request: Request,
    metadata: Metadata,
    deadline: number,
  ): Promise<Response> {
    const client = this.#client;
    try {
      const response = await new Promise<Response>((resolve, reject) => {
        const onResponse = (error: Error | null, response?: Response) =>
          response === undefined ? reject(error) : resolve(response);
        client.makeUnaryRequest(path, encode, decode, request, metadata, { deadline }, onResponse);
      });
      this.#connectTimeoutMs = MIN_CONNECT_TIMEOUT_MS;
      return response;
    } catch (error) {
      const failure = requestError(this.#address, error);
      if (failure.isTimeout) this.#reconnectIfDead(client);
      throw failure;
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
      if (now < this.#openedAtMs + this.#connectTimeoutMs) return;
      this.#connectTimeoutMs = Math.min(this.#connectTimeoutMs * 2, MAX_CONNECT_TIMEOUT_MS);
    }
    this.#openedAtMs = now;
    client.close();
    this.#client = this.#openClient();
  }

  async #metadata(): Promise<Metadata> {
    const metadata = new Metadata();
    if (this.#token !== undefined) metadata.set('token', await this.#token.get());
    return metadata;
  }

  async #logIn({ user, password }: NonNullable<EtcdCredentials['auth']>): Promise<string> {
    const deadline = Date.now() + LOGIN_TIMEOUT_MS;
    const request = { name: user, password };
    const { token } = await this.#call(AUTHENTICATE, request, new Metadata(), deadline);
    return token;
  }
}

function channelCredentialsFor(tls: EtcdTls | undefined, host: string): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const { ca = null, key = null, cert = null } = tls;
  if (isIP(host) === 0) return credentials.createSsl(ca, key, cert);
  return credentials.createSsl(ca, key, cert, {
    checkServerIdentity: (_localhost, certificate) => checkServerIdentity(host, certificate),
  });
}
