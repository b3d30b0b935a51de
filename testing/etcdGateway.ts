// Calls the members of an etcd over its JSON gateway: independent of motd's gRPC client, so that a
// test can check what that client wrote (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/).

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** How long a member may take to respond; a paused one never does. */
const RESPONSE_TIMEOUT_MS = 2000;

/** The size of each value that `fillQuota` writes. */
const FILLER_BYTES = 100_000;

/** A member that is restarted forgets its tokens, and a JWT ends when the users change. */
const INVALID_TOKEN = /invalid auth token|revision of auth store is old|revision in header is old/;

type GatewayResponse = Record<string, unknown>;

interface KeyValue {
  key: string;
  value: string;
  modRevision: number;
}

/** etcd answered with an error. */
class EtcdError extends Error {}

export class EtcdGateway {
  readonly #ports: readonly number[];
  readonly #authority: string | undefined;
  #password: string | undefined;
  #token: string | undefined;

  /**
   * @param ports The client port of each member, in order. More may be added later.
   * @param authority The file of the certificate authority, if the members use TLS.
   */
  constructor(ports: readonly number[], authority: string | undefined) {
    this.#ports = ports;
    this.#authority = authority;
  }

  /**
   * Calls one member, or without an index each in turn until one answers.
   *
   * @throws EtcdError with etcd's message, if etcd rejects the request.
   */
  async call(path: string, body: unknown, index?: number): Promise<GatewayResponse> {
    try {
      return await this.#callAny(path, body, index);
    } catch (error) {
      const isTokenInvalid = error instanceof EtcdError && INVALID_TOKEN.test(error.message);
      if (!isTokenInvalid) throw error;
      await this.#login();
      return this.#callAny(path, body, index);
    }
  }

  async put(key: string, value: string): Promise<void> {
    await this.call('/v3/kv/put', { key: base64(key), value: base64(value) });
  }

  /** The value of a key. Fails without a quorum, because reads are linearizable. */
  async get(key: string, index?: number): Promise<string | undefined> {
    const { kvs } = await this.call('/v3/kv/range', { key: base64(key) }, index);
    return valuesOf(kvs)[0]?.value;
  }

  /** Everything below a prefix, in key order. */
  async range(prefix: string): Promise<KeyValue[]> {
    const { kvs } = await this.call('/v3/kv/range', below(prefix));
    return valuesOf(kvs);
  }

  /** The last key below a prefix, with its value; `undefined` if there is none. */
  async last(prefix: string): Promise<KeyValue | undefined> {
    const order = { sort_order: 'DESCEND', sort_target: 'KEY', limit: 1 };
    const { kvs } = await this.call('/v3/kv/range', { ...below(prefix), ...order });
    return valuesOf(kvs)[0];
  }

  /** Removes everything below a prefix. */
  async remove(prefix: string): Promise<void> {
    await this.call('/v3/kv/deleterange', below(prefix));
  }

  /** The current revision. */
  async revision(): Promise<number> {
    const response = await this.call('/v3/kv/range', { key: base64('\0') });
    return Number(recordOf(response['header'])['revision']);
  }

  /** Removes all revisions before the current one; `physical` waits until they are gone. */
  async compact(): Promise<number> {
    const revision = await this.revision();
    await this.call('/v3/kv/compaction', { revision: String(revision), physical: true });
    return revision;
  }

  /** Frees the space of compacted revisions. The member does nothing else meanwhile. */
  async defragment(index: number): Promise<void> {
    await this.call('/v3/maintenance/defragment', {}, index);
  }

  /** Fills the storage quota, as another user of a shared etcd may. */
  async fillQuota(): Promise<void> {
    const value = '.'.repeat(FILLER_BYTES);
    for (;;) {
      try {
        await this.put('filler', value);
      } catch (error) {
        if (error instanceof EtcdError && /space exceeded/.test(error.message)) return;
        throw error;
      }
    }
  }

  /** Compacts, defragments and clears the alarm, so that a full etcd accepts writes again. */
  async freeSpace(): Promise<void> {
    await this.compact();
    for (const index of this.#ports.keys()) await this.defragment(index);
    const { alarms } = await this.call('/v3/maintenance/alarm', { action: 'GET' });
    for (const alarm of Array.isArray(alarms) ? alarms : [])
      await this.call('/v3/maintenance/alarm', { ...recordOf(alarm), action: 'DEACTIVATE' });
  }

  /** A member's id and the id of the leader it follows, in hexadecimal; '' if it follows none. */
  async status(index: number): Promise<{ id: string; leader: string }> {
    const status = await this.call('/v3/maintenance/status', {}, index);
    return { id: hex(recordOf(status['header'])['member_id']), leader: hex(status['leader']) };
  }

  /** Whether a member answers and follows a leader. */
  async isHealthy(index: number): Promise<boolean> {
    const health = await this.#request(index, 'GET', '/health').catch(() => undefined);
    return health?.['health'] === 'true';
  }

  /**
   * Turns on authentication, with `root` alone
   * (https://etcd.io/docs/v3.4/op-guide/authentication/).
   */
  async enableAuth(password: string): Promise<void> {
    await this.call('/v3/auth/user/add', { name: 'root', password });
    await this.call('/v3/auth/role/add', { name: 'root' });
    await this.call('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await this.call('/v3/auth/enable', {});
    this.#password = password;
    await this.#login();
  }

  /** Adds a user that may read and write below a prefix. */
  async addUser(name: string, password: string, prefix: string): Promise<void> {
    await this.call('/v3/auth/role/add', { name });
    const perm = { permType: 'READWRITE', ...below(prefix) };
    await this.call('/v3/auth/role/grant', { name, perm });
    await this.call('/v3/auth/user/add', { name, password });
    await this.call('/v3/auth/user/grant', { user: name, role: name });
  }

  async #login(): Promise<void> {
    this.#token = undefined;
    const login = { name: 'root', password: this.#password };
    const { token } = await this.#callAny('/v3/auth/authenticate', login);
    if (typeof token !== 'string') throw new EtcdError('etcd returned no token');
    this.#token = token;
  }

  async #callAny(path: string, body: unknown, index?: number): Promise<GatewayResponse> {
    const indexes = index === undefined ? [...this.#ports.keys()] : [index];
    let failed: unknown;
    for (const each of indexes) {
      try {
        return await this.#request(each, 'POST', path, body);
      } catch (error) {
        if (error instanceof EtcdError) throw error;
        failed = error;
      }
    }
    throw failed;
  }

  /** Sends one request, on a connection of its own. */
  async #request(
    index: number,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<GatewayResponse> {
    const authority = this.#authority;
    const request = (authority === undefined ? httpRequest : httpsRequest)({
      host: '127.0.0.1',
      port: this.#ports[index],
      method,
      path,
      agent: false,
      headers: this.#token === undefined ? {} : { authorization: this.#token },
      ...(authority !== undefined && { ca: readFileSync(authority) }),
    });
    request.setTimeout(RESPONSE_TIMEOUT_MS, () =>
      request.destroy(new Error('no response in time')),
    );
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(request, 'response');
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    const parsed: GatewayResponse = JSON.parse(text);
    // A member without a leader answers /health with 503 and the usual body.
    if (parsed['error'] !== undefined) throw new EtcdError(`${path}: ${text}`);
    return parsed;
  }
}

function recordOf(value: unknown): GatewayResponse {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function valuesOf(kvs: unknown): KeyValue[] {
  if (!Array.isArray(kvs)) return [];
  return kvs.map(recordOf).map((kv) => ({
    key: text(kv['key']),
    value: text(kv['value']),
    modRevision: Number(kv['mod_revision']),
  }));
}

/** The gateway writes ids in decimal, peers write them in hexadecimal. */
function hex(id: unknown): string {
  return typeof id === 'string' ? BigInt(id).toString(16) : '';
}

/** The range of all keys with a prefix, whose last character is ASCII. */
function below(prefix: string): { key: string; range_end: string } {
  const next = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return { key: base64(prefix), range_end: base64(prefix.slice(0, -1) + next) };
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function text(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}
