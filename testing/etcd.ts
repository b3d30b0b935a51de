// A real etcd of several members on loopback, that fails when it is told to. Each member reaches the
// others, and is reached by clients, through cables that can be cut (forwarder.ts). Everything it
// starts is its own: processes are ended by their ids, ports and folders are not shared. Tests of any
// room may use it.

import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { EtcdGateway } from './etcdGateway.ts';
import { type Cut, Forwarder } from './forwarder.ts';
import { freePort } from './freePort.mjs';
import { Program } from './programs.ts';
import { isQuick } from './scale.ts';

/** Empty where scripts/tools.mjs found none and could install none. */
export const etcdCommand = process.env['MOTD_TEST_ETCD'] ?? 'etcd';

/** Whether what needs etcd is left out; in CI it never is. */
export const isWithoutEtcd = etcdCommand === '' && (isQuick || process.env['CI'] === undefined);

/** How long a cluster may take to become healthy; a failure, not a wait. */
const TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 20;

/** A certificate for localhost and 127.0.0.1, and its own authority. */
export const certificateFile = fileURLToPath(new URL('tls/cert.pem', import.meta.url));
const KEY_FILE = fileURLToPath(new URL('tls/key.pem', import.meta.url));

export interface EtcdOptions {
  /** How many members; 3 unless told otherwise. */
  members?: number;
  /** Clients have to speak TLS; `certificateFile` is the authority. */
  tls?: boolean;
  /** The password of the user `root`; without it, everybody may do everything. */
  rootPassword?: string;
  /** What lets a client in is signed (JWT), and good for that state of the users alone. */
  jwt?: boolean;
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

export class EtcdCluster {
  /** What the members keep, with no cable in between. */
  readonly gateway: EtcdGateway;
  readonly #folder = mkdtempSync(join(tmpdir(), 'motd-etcd-'));
  readonly #options: EtcdOptions;
  readonly #members: Member[] = [];
  readonly #ports: number[] = [];
  readonly #links: Forwarder[] = [];
  readonly #killAll = () => {
    for (const { program } of this.#members) program?.process.kill('SIGKILL');
  };

  private constructor(options: EtcdOptions) {
    this.#options = options;
    this.gateway = new EtcdGateway(this.#ports, options.tls ? certificateFile : undefined);
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
    const { members: count = 3, rootPassword } = this.#options;
    for (let number = 0; number < count; number++) {
      const member = await this.#newMember(number);
      this.#members.push(member);
      this.#ports.push(member.clientPort);
    }
    this.startAll();
    await this.healthy();
    for (const [index, member] of this.#members.entries()) {
      member.id = (await this.gateway.status(index)).id;
    }
    if (rootPassword !== undefined) await this.gateway.enableAuth(rootPassword);
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
        this.#patiently(`member ${each} healthy`, async () =>
          (await this.gateway.isHealthy(each)) ? true : undefined,
        ),
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

  /** Ends everything it has started, paused or not, and removes what it has kept. */
  async close(): Promise<void> {
    await this.killAll();
    process.off('exit', this.#killAll);
    const forwarders = [...this.#members.map(({ door }) => door), ...this.#links];
    await Promise.all(forwarders.map((forwarder) => forwarder.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #newMember(number: number): Promise<Member> {
    const [clientPort, peerPort] = [await freePort(), await freePort()];
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
    const { quotaBytes, jwt } = this.#options;
    const client = `${this.#options.tls ? 'https' : 'http'}://127.0.0.1:${clientPort}`;
    const peers = this.#members.map((each) => `${each.name}=http://127.0.0.1:${each.door.port}`);
    return [
      ...['--name', name, '--data-dir', join(this.#folder, name)],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', `http://127.0.0.1:${peerPort}`],
      ...['--initial-advertise-peer-urls', `http://127.0.0.1:${door.port}`],
      ...['--initial-cluster', peers.join(','), '--initial-cluster-token', this.#folder],
      // Elections as quick as etcd's own tuning page allows on one machine; tests need not wait.
      ...['--heartbeat-interval', '50', '--election-timeout', '500'],
      ...['--logger', 'zap', '--log-level', 'error', '--log-outputs', 'stderr'],
      ...(quotaBytes === undefined ? [] : ['--quota-backend-bytes', String(quotaBytes)]),
      ...(jwt ? ['--auth-token', this.#signing()] : []),
      ...(this.#options.tls ? ['--cert-file', certificateFile, '--key-file', KEY_FILE] : []),
    ];
  }

  /** As `etcd --help` has it, at `--auth-token`. */
  #signing(): string {
    const [privateFile, publicFile] = [join(this.#folder, 'key'), join(this.#folder, 'key.pub')];
    if (!existsSync(privateFile)) {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      writeFileSync(privateFile, privateKey.export({ type: 'pkcs1', format: 'pem' }));
      writeFileSync(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
    }
    return `jwt,pub-key=${publicFile},priv-key=${privateFile},sign-method=RS256,ttl=10m`;
  }

  async #leaderSaysOf(index: number): Promise<string | undefined> {
    if (!isRunning(this.#member(index).program)) return undefined;
    const status = await this.gateway.status(index).catch(() => undefined);
    return status?.leader;
  }

  #member(index: number): Member {
    const member = this.#members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  async #patiently<Found>(what: string, look: () => Promise<Found | undefined>): Promise<Found> {
    const until = performance.now() + TIMEOUT_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > until) throw new Error(`never: ${what}; ${this.#saidByAll()}`);
      await setTimeout(POLL_INTERVAL_MS);
    }
  }

  #saidByAll(): string {
    return this.#members.map(({ name, program }) => `${name}: ${program?.stderr}`).join('\n');
  }
}

function isRunning(program: Program | undefined): boolean {
  return program !== undefined && Program.running.has(program);
}

/** Peers say who they are at the beginning of each connection (etcd, rafthttp: `X-Server-From`). */
function peerOf(opening: string): string | undefined {
  return /^X-Server-From: ([0-9a-f]+)\r$/im.exec(opening)?.[1];
}
