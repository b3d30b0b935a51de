// A real etcd of one or more members on loopback, with faults on demand.
//
// Operations: kill, restart, pause and resume a member; cut the connections between members, or
// those of clients, and heal them. Design: each member is reached by its peers, and each client
// reaches the members, through a TCP forwarder that can be cut (forwarder.ts). Every process is
// ended by its id; ports and folders are not shared, so clusters of several tests run side by side.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { EtcdMemberPorts } from './etcdArguments.ts';
import { EtcdGateway } from './etcdGateway.ts';
import { Forwarder, type NetworkFault } from './forwarder.ts';
import { freePort } from './freePort.ts';
import { HANG_LIMIT_MS } from './hangLimit.ts';
import { localEtcdArguments } from './localEtcdArguments.ts';
import { Program } from './programs.ts';
import { isQuick } from './scale.ts';
import { tlsFile } from './tlsFile.ts';

/** Empty if scripts/tools.mjs found no etcd and could not install one. */
export const etcdCommand = process.env['MOTD_TEST_ETCD'] ?? 'etcd';

/** Whether tests that need etcd are skipped; in CI they never are. */
export const isWithoutEtcd = etcdCommand === '' && (isQuick || process.env['CI'] === undefined);

const POLL_INTERVAL_MS = 20;

/** A certificate for localhost and 127.0.0.1, which is also its own certificate authority. */
export const certificateFile = tlsFile('cert');

export interface LocalEtcdOptions {
  /** How many members; 3 by default. */
  members?: number;
  /** Clients must use TLS; `certificateFile` is the certificate authority. */
  tls?: boolean;
  /** The password of the user `root`. Without it, authentication is off. */
  rootPassword?: string;
  /** Tokens are JWTs, which etcd accepts only while its users stay the same. */
  jwt?: boolean;
  /** A member's storage quota. Beyond it, etcd rejects writes (`NOSPACE`) until `freeSpace`. */
  quotaBytes?: number;
  /** The name of the etcd program; `etcdCommand` by default. */
  command?: string;
  /** etcd's own timing, and members that reach each other directly: for measurements. */
  usesDefaults?: boolean;
}

/** The connections to a member that are cut: those of the other members, or all. */
export type FaultScope = 'peers' | 'all';

interface ClusterMember extends EtcdMemberPorts {
  /** Forwards the other members' connections; none if members reach each other directly. */
  peerForwarder: Forwarder | undefined;
  program: Program | undefined;
  /** As its peers send it in `X-Server-From`. */
  id: string;
  cut: { how: NetworkFault; from: FaultScope } | undefined;
}

/** One client's connections to the members, through forwarders of its own that can be cut. */
export interface EtcdLink {
  /** `HOST:PORT` of each member, in order. */
  readonly endpoints: readonly string[];
  cut(how: NetworkFault): void;
  heal(): void;
}

export class LocalEtcd {
  /** Reads and writes what the members store, without a forwarder in between. */
  readonly gateway: EtcdGateway;
  readonly #folder = mkdtempSync(join(tmpdir(), 'motd-etcd-'));
  readonly #options: LocalEtcdOptions;
  readonly #members: ClusterMember[] = [];
  readonly #ports: number[] = [];
  readonly #linkForwarders: Forwarder[] = [];
  /** Cleans up if the process exits before `close`. */
  readonly #onExit = () => {
    for (const { program } of this.#members) program?.process.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 3 });
  };

  private constructor(options: LocalEtcdOptions) {
    this.#options = options;
    this.gateway = new EtcdGateway(this.#ports, options.tls ? certificateFile : undefined);
    process.once('exit', this.#onExit);
  }

  /** Starts a cluster, and resolves once every member is healthy. */
  static async start(options: LocalEtcdOptions = {}): Promise<LocalEtcd> {
    const { command = etcdCommand } = options;
    if (command === '') throw new Error('there is no etcd on this machine; CI must have one');
    const cluster = new LocalEtcd(options);
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

  /** Opens forwarders to the members for a new client. */
  async link(): Promise<EtcdLink> {
    let cut: NetworkFault | undefined;
    const forwarders: Forwarder[] = [];
    for (const member of this.#members) {
      const to = member.clientPort;
      const currentCut = () => cut ?? (member.cut?.from === 'all' ? member.cut.how : undefined);
      forwarders.push(await Forwarder.start({ to, cut: currentCut }));
    }
    this.#linkForwarders.push(...forwarders);
    const change = (to: NetworkFault | undefined) => {
      cut = to;
      for (const forwarder of forwarders) forwarder.applyCut();
    };
    return {
      endpoints: forwarders.map(({ port }) => `127.0.0.1:${port}`),
      cut: (how) => change(how),
      heal: () => change(undefined),
    };
  }

  /** `HOST:PORT` of each member, without a forwarder in between. */
  get endpoints(): string[] {
    return this.#members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  }

  /** A value for `--store`. @param prefix Names a store; one not used before is empty. */
  storeUrl(prefix: string): string {
    return `etcd://${this.endpoints.join(',')}/${prefix}`;
  }

  /**
   * Finds the leader that a majority follows.
   *
   * @param otherThan Waits for a leader other than this one: followers notice the loss of their
   *   leader only after the election timeout.
   */
  async leader(otherThan?: number): Promise<number> {
    return this.#poll('a leader', async () => {
      const votes = await Promise.all(this.#members.map((_, index) => this.#leaderSeenBy(index)));
      const index = this.#members.findIndex(({ id }, candidate) => {
        const followers = votes.filter((vote) => vote === id).length;
        return votes[candidate] === id && followers * 2 > this.#members.length;
      });
      return index === -1 || index === otherThan ? undefined : index;
    });
  }

  /** Resolves once a member, or every member, answers and follows a leader. */
  async healthy(index?: number): Promise<void> {
    const indexes = index === undefined ? [...this.#members.keys()] : [index];
    await Promise.all(
      indexes.map((each) =>
        this.#poll(`member ${each} healthy`, async () =>
          (await this.gateway.isHealthy(each)) ? true : undefined,
        ),
      ),
    );
  }

  /** Kills a member. The closest that a process comes to a power failure. */
  async kill(index: number): Promise<void> {
    const { program } = this.#member(index);
    await program?.kill();
  }

  /** Starts a member again on its data. Await `healthy` afterward. */
  restart(index: number): void {
    const member = this.#member(index);
    if (isRunning(member.program)) throw new Error(`${member.name} is running`);
    const { command = etcdCommand } = this.#options;
    member.program = new Program(
      command,
      localEtcdArguments(member, this.#members, this.#folder, this.#options),
    );
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#members.map((_, index) => this.kill(index)));
  }

  startAll(): void {
    for (const index of this.#members.keys()) this.restart(index);
  }

  /** Stops a member as if its machine hung: its connections stay open and nothing is sent. */
  pause(index: number): void {
    this.#member(index).program?.process.kill('SIGSTOP');
  }

  resume(index: number): void {
    this.#member(index).program?.process.kill('SIGCONT');
  }

  /** Cuts the connections between a member and its peers, and by default those of its clients. */
  cutOff(index: number, how: NetworkFault, from: FaultScope = 'all'): void {
    this.#member(index).cut = { how, from };
    this.#applyCuts();
  }

  heal(index: number): void {
    this.#member(index).cut = undefined;
    this.#applyCuts();
  }

  #applyCuts(): void {
    for (const { peerForwarder } of this.#members) peerForwarder?.applyCut();
    for (const forwarder of this.#linkForwarders) forwarder.applyCut();
  }

  /** Ends every process it started, paused or not, and removes their data. */
  async close(): Promise<void> {
    await this.killAll();
    process.off('exit', this.#onExit);
    const peerForwarders = this.#members.map(({ peerForwarder }) => peerForwarder);
    const forwarders = [...peerForwarders, ...this.#linkForwarders];
    await Promise.all(forwarders.map((forwarder) => forwarder?.close()));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #newMember(number: number): Promise<ClusterMember> {
    const [clientPort, peerPort] = [await freePort(), await freePort()];
    const cut = (from: string | undefined) =>
      member.cut?.how ?? this.#members.find(({ id }) => id !== '' && id === from)?.cut?.how;
    const peerForwarder = this.#options.usesDefaults
      ? undefined
      : await Forwarder.start({ to: peerPort, readFrom: senderOf, cut });
    const member: ClusterMember = {
      name: `member${number}`,
      clientPort,
      peerPort,
      advertisedPeerPort: peerForwarder?.port ?? peerPort,
      peerForwarder,
      program: undefined,
      id: '',
      cut: undefined,
    };
    return member;
  }

  async #leaderSeenBy(index: number): Promise<string | undefined> {
    if (!isRunning(this.#member(index).program)) return undefined;
    const status = await this.gateway.status(index).catch(() => undefined);
    return status?.leader;
  }

  #member(index: number): ClusterMember {
    const member = this.#members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  /** Calls `look` until it finds something. */
  async #poll<Found>(goal: string, look: () => Promise<Found | undefined>): Promise<Found> {
    const deadline = performance.now() + HANG_LIMIT_MS;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (performance.now() > deadline) {
        throw new Error(`timed out waiting for ${goal}; ${this.#errorOutput()}`);
      }
      await setTimeout(POLL_INTERVAL_MS);
    }
  }

  #errorOutput(): string {
    return this.#members.map(({ name, program }) => `${name}: ${program?.stderr}`).join('\n');
  }
}

function isRunning(program: Program | undefined): boolean {
  return program !== undefined && Program.running.has(program);
}

/** The peer that opened a connection: etcd's first request carries `X-Server-From` (rafthttp). */
function senderOf(firstBytes: string): string | undefined {
  return /^X-Server-From: ([0-9a-f]+)\r$/im.exec(firstBytes)?.[1];
}
