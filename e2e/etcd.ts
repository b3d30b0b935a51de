// A real etcd of several members on loopback, that fails when it is told to. Each member reaches the
// others, and is reached by clients, through cables that can be cut (forwarder.ts). Everything it
// starts is its own: processes are ended by their ids, ports and folders are not shared. Tests of any
// room may use it.

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Cut, Forwarder } from './forwarder.ts';
import { Program } from './programs.ts';

/** Empty where scripts/tools.mjs found none and could install none. */
export const etcdCommand = process.env['MOTD_TEST_ETCD'] ?? 'etcd';

/** Whether what needs etcd is left out; in CI it never is. */
export const isWithoutEtcd = etcdCommand === '' && process.env['CI'] === undefined;

/** How long a cluster may take to become healthy; a failure, not a wait. */
const PATIENCE_MS = 20_000;
const ASK_AGAIN_AFTER_MS = 20;
/** How long a member may take to answer a question; one that is paused never does. */
const ANSWER_WITHIN_MS = 2000;

/** Below what Linux picks for connections (ip_local_port_range): a member that is away keeps its port. */
const FIRST_PORT = 12_000;
const PORTS = 20_000;

/** A certificate for localhost and 127.0.0.1, and its own authority. */
export const certificateFile = fileURLToPath(new URL('tls/cert.pem', import.meta.url));
const KEY_FILE = fileURLToPath(new URL('tls/key.pem', import.meta.url));

/** Of the room that is taken at a time. */
const SIP_BYTES = 100_000;

export interface EtcdOptions {
  /** How many members; 3 unless told otherwise. */
  members?: number;
  /** Clients have to speak TLS; `certificateFile` is the authority. */
  tls?: boolean;
  /** The password of the user `root`; without it, everybody may do everything. */
  rootPassword?: string;
  /** How many bytes a member may keep; then it takes nothing more (`NOSPACE`), until `makeRoom`. */
  quotaBytes?: number;
}

/** Who is cut off from a member: the other members, or its clients as well. */
export type CutFrom = 'peers' | 'all';

interface Member {
  name: string;
  clientPort: number;
  peerPort: number;
  /** How the other members reach it. */
  door: Forwarder;
  program: Program | undefined;
  /** As its peers say it in `X-Server-From`. */
  id: string;
  cut: { how: Cut; from: CutFrom } | undefined;
}

/** How one client reaches the members: cables of its own, which can be cut. */
export interface EtcdLink {
  /** `HOST:PORT` of each member, in their order. */
  readonly endpoints: readonly string[];
  cut(how: Cut): void;
  heal(): void;
}

/** What etcd's gateway answers (https://etcd.io/docs/v3.4/dev-guide/api_grpc_gateway/). */
export type Answer = Record<string, unknown>;

export class EtcdError extends Error {}

export class EtcdCluster {
  readonly #folder = mkdtempSync(join(tmpdir(), 'motd-etcd-'));
  readonly #options: EtcdOptions;
  readonly #members: Member[] = [];
  readonly #links: Forwarder[] = [];
  #token: string | undefined;
  #clusterToken = '';
  readonly #killAll = () => {
    for (const { program } of this.#members) program?.process.kill('SIGKILL');
  };

  private constructor(options: EtcdOptions) {
    this.#options = options;
    // Also where the tests end by an error of their own.
    process.once('exit', this.#killAll);
  }

  /** Starts a cluster, and settles once each member is healthy. */
  static async start(options: EtcdOptions = {}): Promise<EtcdCluster> {
    if (etcdCommand === '') throw new Error('there is no etcd on this machine; CI has to have one');
    const cluster = new EtcdCluster(options);
    try {
      await cluster.#start();
    } catch (error) {
      await cluster.close();
      throw error;
    }
    return cluster;
  }

  async #start(): Promise<void> {
    this.#clusterToken = this.#folder;
    const count = this.#options.members ?? 3;
    for (let number = 0; number < count; number++) {
      this.#members.push(await this.#newMember(number));
    }
    this.startAll();
    await this.healthy();
    for (const [index, member] of this.#members.entries()) {
      const status = await this.ask('/v3/maintenance/status', {}, index);
      member.id = hex(headerOf(status)['member_id']);
    }
    if (this.#options.rootPassword !== undefined)
      await this.#enableAuth(this.#options.rootPassword);
  }

  get size(): number {
    return this.#members.length;
  }

  /** A new client's way to the members. */
  async link(): Promise<EtcdLink> {
    let cut: Cut | undefined;
    const forwarders: Forwarder[] = [];
    for (const member of this.#members) {
      const to = member.clientPort;
      const isCut = () => cut ?? (member.cut?.from === 'all' ? member.cut.how : undefined);
      forwarders.push(await Forwarder.start({ to, cut: isCut }));
    }
    this.#links.push(...forwarders);
    const change = (to: Cut | undefined) => {
      cut = to;
      for (const forwarder of forwarders) forwarder.changed();
    };
    return {
      endpoints: forwarders.map(({ port }) => `127.0.0.1:${port}`),
      cut: (how) => change(how),
      heal: () => change(undefined),
    };
  }

  /** `HOST:PORT` of each member, with no cable in between. */
  get endpoints(): string[] {
    return this.#members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  }

  /**
   * The member that leads now; waits for one that a majority follows, and is another than the one
   * given: followers find out only after a while that theirs is gone.
   */
  async leader(otherThan?: number): Promise<number> {
    return this.#patiently('a leader', async () => {
      const votes = await Promise.all(this.#members.map((_, index) => this.#leaderSaysOf(index)));
      const index = this.#members.findIndex(({ id }, candidate) => {
        const followers = votes.filter((vote) => vote === id).length;
        return votes[candidate] === id && followers * 2 > this.#members.length;
      });
      return index === -1 || index === otherThan ? undefined : index;
    });
  }

  /** Settles once a member, or each of them, answers, and follows a leader. */
  async healthy(index?: number): Promise<void> {
    const indexes = index === undefined ? [...this.#members.keys()] : [index];
    await Promise.all(
      indexes.map((each) =>
        this.#patiently(`member ${each} healthy`, async () => {
          const health = await this.#request(each, 'GET', '/health').catch(() => undefined);
          return health?.['health'] === 'true' ? true : undefined;
        }),
      ),
    );
  }

  /** Ends a member as a power cut would, as far as a process can be. */
  async kill(index: number): Promise<void> {
    const { program } = this.#member(index);
    await program?.kill();
  }

  /** Starts a member again, on what it has kept. `healthy` tells when it is. */
  restart(index: number): void {
    const member = this.#member(index);
    if (isRunning(member.program)) throw new Error(`${member.name} is running`);
    member.program = new Program(etcdCommand, this.#argsOf(member));
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.kill(index)));
  }

  startAll(): void {
    for (const index of this.#members.keys()) this.restart(index);
  }

  /** Stops a member as a machine that hangs: it holds its connections, and says nothing. */
  pause(index: number): void {
    this.#member(index).program?.process.kill('SIGSTOP');
  }

  resume(index: number): void {
    this.#member(index).program?.process.kill('SIGCONT');
  }

  /** Cuts the cables between a member and the others, and those of all its clients. */
  cutOff(index: number, how: Cut, from: CutFrom = 'all'): void {
    this.#member(index).cut = { how, from };
    this.#cablesChanged();
  }

  heal(index: number): void {
    this.#member(index).cut = undefined;
    this.#cablesChanged();
  }

  #cablesChanged(): void {
    for (const { door } of this.#members) door.changed();
    for (const forwarder of this.#links) forwarder.changed();
  }

  /**
   * Asks etcd's gateway, a member that is named or each in turn until one answers.
   *
   * @throws EtcdError where etcd refuses, with its words.
   */
  async ask(path: string, body: unknown, index?: number): Promise<Answer> {
    const { rootPassword } = this.#options;
    try {
      return await this.#askSome(path, body, index);
    } catch (error) {
      const isForgotten = error instanceof EtcdError && /invalid auth token/.test(error.message);
      if (!isForgotten || rootPassword === undefined) throw error;
      // Members forget, when they are started again, whom they have let in.
      await this.#login(rootPassword);
      return this.#askSome(path, body, index);
    }
  }

  async #askSome(path: string, body: unknown, index?: number): Promise<Answer> {
    const indexes = index === undefined ? [...this.#members.keys()] : [index];
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

  /** The number of the newest change. */
  async revision(): Promise<number> {
    const answer = await this.ask('/v3/kv/range', { key: base64('\0') });
    return Number(headerOf(answer)['revision']);
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
    for (const index of this.#members.keys()) await this.defragment(index);
    const { alarms } = await this.ask('/v3/maintenance/alarm', { action: 'GET' });
    for (const alarm of Array.isArray(alarms) ? alarms : [])
      await this.ask('/v3/maintenance/alarm', { ...recordOf(alarm), action: 'DEACTIVATE' });
  }

  /** Ends everything it has started, paused or not, and removes what it has kept. */
  async close(): Promise<void> {
    await this.killAll();
    process.off('exit', this.#killAll);
    const forwarders = [...this.#members.map(({ door }) => door), ...this.#links];
    await Promise.all(forwarders.map((forwarder) => forwarder.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #newMember(number: number): Promise<Member> {
    const [clientPort, peerPort] = [await lastingPort(), await lastingPort()];
    const cutOf = (from: string | undefined) =>
      member.cut?.how ?? this.#members.find(({ id }) => id !== '' && id === from)?.cut?.how;
    const door = await Forwarder.start({ to: peerPort, readFrom: peerOf, cut: cutOf });
    const member: Member = {
      name: `member${number}`,
      clientPort,
      peerPort,
      door,
      program: undefined,
      id: '',
      cut: undefined,
    };
    return member;
  }

  #argsOf({ name, clientPort, peerPort, door }: Member): string[] {
    const { quotaBytes } = this.#options;
    const client = `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${clientPort}`;
    const peers = this.#members.map((each) => `${each.name}=http://127.0.0.1:${each.door.port}`);
    return [
      ...['--name', name, '--data-dir', join(this.#folder, name)],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
      ...['--initial-advertise-peer-urls', `http://127.0.0.1:${door.port}`],
      ...['--initial-cluster', peers.join(','), '--initial-cluster-token', this.#clusterToken],
      // Elections as quick as etcd's own tuning page allows on one machine; tests need not wait.
      ...['--heartbeat-interval', '50', '--election-timeout', '500'],
      ...['--logger', 'zap', '--log-level', 'error', '--log-outputs', 'stderr'],
      ...(quotaBytes === undefined ? [] : ['--quota-backend-bytes', String(quotaBytes)]),
      ...(this.#options.tls ? ['--cert-file', certificateFile, '--key-file', KEY_FILE] : []),
    ];
  }

  /** https://etcd.io/docs/v3.4/op-guide/authentication/ */
  async #enableAuth(password: string): Promise<void> {
    await this.ask('/v3/auth/user/add', { name: 'root', password });
    await this.ask('/v3/auth/role/add', { name: 'root' });
    await this.ask('/v3/auth/user/grant', { user: 'root', role: 'root' });
    await this.ask('/v3/auth/enable', {});
    await this.#login(password);
  }

  async #login(password: string): Promise<void> {
    this.#token = undefined;
    const { token } = await this.ask('/v3/auth/authenticate', { name: 'root', password });
    if (typeof token !== 'string') throw new EtcdError('etcd gave no token');
    this.#token = token;
  }

  async #leaderSaysOf(index: number): Promise<string | undefined> {
    if (!isRunning(this.#member(index).program)) return undefined;
    const status = await this.ask('/v3/maintenance/status', {}, index).catch(() => undefined);
    return status && hex(status['leader']);
  }

  #member(index: number): Member {
    const member = this.#members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  async #patiently<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > until) throw new Error(`never: ${what}; ${this.#saidByAll()}`);
      await setTimeout(ASK_AGAIN_AFTER_MS);
    }
  }

  #saidByAll(): string {
    return this.#members.map(({ name, program }) => `${name}: ${program?.stderr}`).join('\n');
  }

  /** One question, on a connection of its own. */
  async #request(index: number, method: string, path: string, body?: unknown): Promise<Answer> {
    const isSecure = this.#options.tls === true;
    const request = (isSecure ? httpsRequest : httpRequest)({
      host: '127.0.0.1',
      port: this.#member(index).clientPort,
      method,
      path,
      agent: false,
      headers: this.#token === undefined ? {} : { authorization: this.#token },
      ...(isSecure && { ca: readFileSync(certificateFile) }),
    });
    request.setTimeout(ANSWER_WITHIN_MS, () => request.destroy(new Error('no answer in time')));
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

export interface KeyValue {
  key: string;
  value: string;
  modRevision: number;
}

function isRunning(program: Program | undefined): boolean {
  return program !== undefined && Program.running.has(program);
}

/** Peers say who they are at the beginning of each connection (etcd, rafthttp: `X-Server-From`). */
function peerOf(opening: string): string | undefined {
  return /^X-Server-From: ([0-9a-f]+)\r$/im.exec(opening)?.[1];
}

function headerOf(answer: Answer): Answer {
  return recordOf(answer['header']);
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

const taken = new Set<number>();

/** A port that nobody has, and that no connection is given by the system. */
export async function lastingPort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (taken.has(port)) continue;
    taken.add(port);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
    });
    if (isFree) return port;
  }
}
