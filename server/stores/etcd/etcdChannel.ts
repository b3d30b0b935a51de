// The way to one member of etcd: gRPC, TLS, and a user where etcd asks for one. The service clients
// are etcd3's. Its connection pool is not used: it connects and logs in anew after each failure, and
// what it leaves behind does not end while a member hangs.

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
import { errorMessage } from '../../errorMessage.ts';
import type { EtcdCredentials, EtcdTls } from './etcdCredentials.ts';

/** How long etcd may take to check a password: it hashes it with bcrypt. */
const LOGIN_DEADLINE_MS = 2000;

/** A password that was wrong is not tried again for so long: to check it is dear. */
const REFUSED_LOGIN_HOLDS_MS = 30_000;

/** How long a connection may take to be made; then twice as long, and so on. */
const FIRST_PATIENCE_MS = 3000;
const LONGEST_PATIENCE_MS = 60_000;

const OPTIONS: ChannelOptions = {
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
  // For a connection that is dead while nobody asks. Etcd takes no ping sooner than after 5 s.
  'grpc.keepalive_time_ms': 6000,
  'grpc.keepalive_timeout_ms': 2000,
  'grpc.max_receive_message_length': -1,
  // Neither the environment nor a name server has a say in where messages go, and how often.
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

/** How etcd says that users were changed since a token was given; a JWT names the revision. */
const OLD_TOKEN = /revision of auth store is old|revision in header is old/;

/** An IP address is no name to tell a server (RFC 6066, section 3); gRPC tells it all the same. */
const UNNAMED: ChannelOptions = { 'grpc.ssl_target_name_override': 'localhost' };

interface CallOptions {
  deadline?: Date | number;
}

export class EtcdChannel implements ICallable<undefined> {
  readonly callOptionsFactory = undefined;
  readonly #createHost: () => Host;
  #host: Host;
  readonly #auth: EtcdCredentials['auth'];
  #token: Promise<string> | undefined;
  #leftAtMs = performance.now();
  #patienceMs = FIRST_PATIENCE_MS;

  /** @param address `HOST:PORT` */
  constructor(address: string, { tls, auth }: EtcdCredentials) {
    const host = address.slice(0, address.lastIndexOf(':')).replace(/^\[|\]$/g, '');
    const options = isIP(host) === 0 ? OPTIONS : { ...OPTIONS, ...UNNAMED };
    const credentials = credentialsOf(tls, host);
    let opened = 0;
    // Channels that differ in an option share no connection, not even one that is being made.
    this.#createHost = () =>
      new Host(address, credentials, { ...options, 'motd.opened': ++opened });
    this.#host = this.#createHost();
    this.#auth = auth;
  }

  /** Asks once; where the token has expired, once more. @throws etcd3's errors. */
  async exec<Answer>(
    service: keyof typeof Services,
    method: string,
    request: unknown,
    options: CallOptions = {},
  ): Promise<Answer> {
    const client = this.#host.getServiceClient(service);
    const metadata = await this.#metadata();
    try {
      const answer = await call<Answer>(client, method, request, metadata, options);
      this.#patienceMs = FIRST_PATIENCE_MS;
      return answer;
    } catch (error) {
      if (error instanceof GRPCDeadlineExceededError) this.#leaveIfDead(client);
      if (!isTokenRefused(error)) throw error;
      this.#token = undefined;
      return call<Answer>(client, method, request, await this.#metadata(), options);
    }
  }

  /**
   * Connects anew where a connection has brought no answer. One that is still being made is given
   * up later and later: while a member hangs, gRPC ends none of those, and each is a descriptor.
   */
  #leaveIfDead(client: Client): void {
    const state = client.getChannel().getConnectivityState(false);
    // It was left already, or this channel was closed.
    if (state === connectivityState.SHUTDOWN) return;
    const now = performance.now();
    if (state !== connectivityState.READY) {
      if (now < this.#leftAtMs + this.#patienceMs) return;
      this.#patienceMs = Math.min(this.#patienceMs * 2, LONGEST_PATIENCE_MS);
    }
    this.#leftAtMs = now;
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

  /** gRPC looks after its connections by itself. */
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
    const forget = () => {
      this.#token = undefined;
    };
    const client = this.#host.getServiceClient('Auth');
    try {
      const { token } = await call<{ token: string }>(
        client,
        'authenticate',
        { name: user, password },
        new Metadata(),
        { deadline: Date.now() + LOGIN_DEADLINE_MS },
      );
      return token;
    } catch (error) {
      if (error instanceof GRPCDeadlineExceededError) this.#leaveIfDead(client);
      if (error instanceof EtcdAuthenticationFailedError) {
        setTimeout(forget, REFUSED_LOGIN_HOLDS_MS).unref();
      } else {
        forget();
      }
      throw error;
    }
  }
}

function isTokenRefused(error: unknown): boolean {
  return error instanceof EtcdInvalidAuthTokenError || OLD_TOKEN.test(errorMessage(error));
}

/** Calls a method that the client has of its service's description. */
function call<Answer>(
  client: Client,
  method: string,
  request: unknown,
  metadata: Metadata,
  options: CallOptions,
): Promise<Answer> {
  const unary: unknown = Reflect.get(client, method);
  if (typeof unary !== 'function') throw new Error(`etcd has no ${method}`);
  return new Promise((resolve, reject) => {
    unary.call(client, request, metadata, options, (error: Error | null, answer: Answer) => {
      if (error === null) resolve(answer);
      else reject(castGrpcError(error));
    });
  });
}

function credentialsOf(tls: EtcdTls | undefined, host: string): ChannelCredentials {
  if (tls === undefined) return credentials.createInsecure();
  const { ca = null, key = null, cert = null } = tls;
  if (isIP(host) === 0) return credentials.createSsl(ca, key, cert);
  return credentials.createSsl(ca, key, cert, {
    checkServerIdentity: (_unnamed, certificate) => checkServerIdentity(host, certificate),
  });
}
