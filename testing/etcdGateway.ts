// Asks the members of an etcd over its JSON gateway: a second witness, who knows nothing of our own
// client (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/).

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** How long a member may take to answer a question; one that is paused never does. */
const ANSWER_TIMEOUT_MS = 2000;

/** Of the room that is taken at a time. */
const SIP_BYTES = 100_000;

/** Members forget whom they have let in when they are started again; users may have changed since. */
const LOGIN_IS_OVER = /invalid auth token|revision of auth store is old|revision in header is old/;

type Answer = Record<string, unknown>;

interface KeyValue {
  key: string;
  value: string;
  modRevision: number;
}

/** etcd understood, and refused. */
class EtcdError extends Error {}

export class EtcdGateway {
  readonly #ports: readonly number[];
  readonly #authority: string | undefined;
  #password: string | undefined;
  #token: string | undefined;

  /**
   * @param ports Where clients reach each member, in their order; there may be more later.
   * @param authority The file of the certificate that vouches for them, where they speak TLS.
   */
  constructor(ports: readonly number[], authority: string | undefined) {
    this.#ports = ports;
    this.#authority = authority;
  }

  /**
   * Asks a member that is named, or each in turn until one answers.
   *
   * @throws EtcdError where etcd refuses, with its words.
   */
  async ask(path: string, body: unknown, index?: number): Promise<Answer> {
    try {
      return await this.#askSome(path, body, index);
    } catch (error) {
      const isLoginOver = error instanceof EtcdError && LOGIN_IS_OVER.test(error.message);
      if (!isLoginOver) throw error;
      await this.#login();
      return this.#askSome(path, body, index);
    }
  }

  async put(key: string, value: string): Promise<void> {
    await this.ask('/v3/kv/put', { key: base64(key), value: base64(value) });
  }

  /** The value of a key; with no quorum, it cannot be told (reads are linearizable). */
  async get(key: string, index?: number): Promise<string | undefined> {
    const { kvs } = await this.ask('/v3/kv/range', { key: base64(key) }, index);
    return valuesOf(kvs)[0]?.value;
  }

  /** Everything below a prefix, in the order of the keys. */
  async range(prefix: string): Promise<KeyValue[]> {
    const { kvs } = await this.ask('/v3/kv/range', below(prefix));
    return valuesOf(kvs);
  }

  /** The last key below a prefix, as all members have it; `undefined` where there is none. */
  async last(prefix: string): Promise<KeyValue | undefined> {
    const order = { sort_order: 'DESCEND', sort_target: 'KEY', limit: 1 };
    const { kvs } = await this.ask('/v3/kv/range', { ...below(prefix), ...order });
    return valuesOf(kvs)[0];
  }

  /** Removes everything below a prefix. */
  async remove(prefix: string): Promise<void> {
    await this.ask('/v3/kv/deleterange', below(prefix));
  }

  /** The number of the newest change. */
  async revision(): Promise<number> {
    const answer = await this.ask('/v3/kv/range', { key: base64('\0') });
    return Number(recordOf(answer['header'])['revision']);
  }

  /** Forgets all that came before the newest change, for good: `physical` waits until it is gone. */
  async compact(): Promise<number> {
    const revision = await this.revision();
    await this.ask('/v3/kv/compaction', { revision: String(revision), physical: true });
    return revision;
  }

  /** Gives back the room of what is forgotten; a member does nothing else meanwhile. */
  async defragment(index: number): Promise<void> {
    await this.ask('/v3/maintenance/defragment', {}, index);
  }

  /** Takes all the room that a quota leaves, as somebody else may on an etcd that is shared. */
  async takeRoom(): Promise<void> {
    const value = '.'.repeat(SIP_BYTES);
    for (;;) {
      try {
        await this.put('taken', value);
      } catch (error) {
        if (error instanceof EtcdError && /space exceeded/.test(error.message)) return;
        throw error;
      }
    }
  }

  /** Forgets what is old, gives back its room, and takes messages again, where it was full. */
  async makeRoom(): Promise<void> {
    await this.compact();
    for (const index of this.#ports.keys()) await this.defragment(index);
    const { alarms } = await this.ask('/v3/maintenance/alarm', { action: 'GET' });
    for (const alarm of Array.isArray(alarms) ? alarms : [])
      await this.ask('/v3/maintenance/alarm', { ...recordOf(alarm), action: 'DEACTIVATE' });
  }

  /** Who a member is, and who leads in its eyes, as peers say it: in hexadecimal; '' for nobody. */
  async status(index: number): Promise<{ id: string; leader: string }> {
    const status = await this.ask('/v3/maintenance/status', {}, index);
    return { id: hex(recordOf(status['header'])['member_id']), leader: hex(status['leader']) };
  }

  /** Whether a member answers, and follows a leader. */
  async isHealthy(index: number): Promise<boolean> {
    const health = await this.#request(index, 'GET', '/health').catch(() => undefined);
    return health?.['health'] === 'true';
  }

  /** Nobody but `root` is let in any more (https://etcd.io/docs/v3.4/op-guide/authentication/). */
  async enableAuth(password: string): Promise<void> {
    await this.ask('/v3/auth/user/add', { name: 'root', password });
    await this.ask('/v3/auth/role/add', { name: 'root' });
    await this.ask('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await this.ask('/v3/auth/enable', {});
    this.#password = password;
    await this.#login();
  }

  /** Lets somebody else in, who may read and write below a prefix. */
  async addUser(name: string, password: string, prefix: string): Promise<void> {
    await this.ask('/v3/auth/role/add', { name });
    const perm = { permType: 'READWRITE', ...below(prefix) };
    await this.ask('/v3/auth/role/grant', { name, perm });
    await this.ask('/v3/auth/user/add', { name, password });
    await this.ask('/v3/auth/user/grant', { user: name, role: name });
  }

  async #login(): Promise<void> {
    this.#token = undefined;
    const login = { name: 'root', password: this.#password };
    const { token } = await this.#askSome('/v3/auth/authenticate', login);
    if (typeof token !== 'string') throw new EtcdError('etcd gave no token');
    this.#token = token;
  }

  async #askSome(path: string, body: unknown, index?: number): Promise<Answer> {
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

  /** One question, on a connection of its own. */
  async #request(index: number, method: string, path: string, body?: unknown): Promise<Answer> {
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
    request.setTimeout(ANSWER_TIMEOUT_MS, () => request.destroy(new Error('no answer in time')));
    request.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = await once(request, 'response');
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece);
    const text = Buffer.concat(pieces).toString('utf8');
    const answer: Answer = JSON.parse(text);
    // A member that has no leader answers /health with 503, and a body all the same.
    if (answer['error'] !== undefined) throw new EtcdError(`${path}: ${text}`);
    return answer;
  }
}

function recordOf(value: unknown): Answer {
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

/** The gateway says ids in decimal, peers say them in hexadecimal. */
function hex(id: unknown): string {
  return typeof id === 'string' ? BigInt(id).toString(16) : '';
}

/** All keys that begin so; the last character is one of ASCII. */
function below(prefix: string): { key: string; range_end: string } {
  const behind = String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return { key: base64(prefix), range_end: base64(prefix.slice(0, -1) + behind) };
}

function base64(value: string): string {
  return Buffer.from(value).toString('base64');
}

function text(value: unknown): string {
  return typeof value === 'string' ? Buffer.from(value, 'base64').toString('utf8') : '';
}
