// Three members of etcd on this machine, each with ports and a folder of its own, as etcd starts
// them unless told otherwise: every write waits for the disk.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePorts } from './programs.ts';
import { temporaryFolder } from './temporaryFolder.ts';

const MEMBERS = 3;
const POLL_INTERVAL_MS = 100;

/** To find one another, and choose a leader; a failure, not a wait. */
const TIMEOUT_MS = 30_000;

/** What a member that does not end when it is asked to may take. */
const STOP_DEADLINE_MS = 5_000;

interface Member {
  process: ChildProcess;
  clientPort: number;
}

export class EtcdCluster {
  readonly #members: Member[];
  /** For a bench that ends without having stopped it. */
  readonly #onExit = () => {
    for (const { process: member } of this.#members) member.kill('SIGKILL');
  };

  private constructor(command: string, ports: readonly number[]) {
    const folder = temporaryFolder();
    const clientPorts = ports.slice(0, MEMBERS);
    const peerPorts = ports.slice(MEMBERS);
    const peers = peerPorts.map((port, index) => `m${index}=${urlOf(port)}`).join(',');
    this.#members = clientPorts.map((clientPort, index) => {
      const peer = urlOf(peerPorts[index] ?? 0);
      const args = [
        ...['--name', `m${index}`, '--data-dir', join(folder, `m${index}`)],
        ...['--listen-client-urls', urlOf(clientPort)],
        ...['--advertise-client-urls', urlOf(clientPort)],
        ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
        ...['--initial-cluster', peers, '--initial-cluster-token', folder],
      ];
      return { process: spawn(command, args, { stdio: 'ignore' }), clientPort };
    });
    // Before the folder is removed.
    process.prependOnceListener('exit', this.#onExit);
  }

  /** @param command What etcd is called here. */
  static async start(command: string): Promise<EtcdCluster> {
    const cluster = new EtcdCluster(command, await freePorts(2 * MEMBERS));
    try {
      await Promise.all(cluster.#members.map(untilHealthy));
      return cluster;
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  /** `HOST:PORT` of each member. */
  get addresses(): string[] {
    return this.#members.map(({ clientPort }) => `127.0.0.1:${clientPort}`);
  }

  /** What `--store` takes. @param prefix One that nobody used before is a store with nothing in it. */
  storeUrl(prefix: string): string {
    return `etcd://${this.addresses.join(',')}/${prefix}`;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#members.map(end));
    process.removeListener('exit', this.#onExit);
  }
}

async function untilHealthy({ process: member, clientPort }: Member): Promise<void> {
  const lateAt = performance.now() + TIMEOUT_MS;
  while (performance.now() < lateAt && member.exitCode === null) {
    const response = await fetch(`${urlOf(clientPort)}/health`).catch(() => undefined);
    if (response?.ok) return;
    await pause(POLL_INTERVAL_MS);
  }
  throw new Error(`etcd did not start: ${member.spawnargs.join(' ')}`);
}

async function end({ process: member }: Member): Promise<void> {
  if (member.exitCode !== null || member.signalCode !== null || member.pid === undefined) return;
  const exited = once(member, 'exit');
  member.kill('SIGTERM');
  const timer = setTimeout(() => member.kill('SIGKILL'), STOP_DEADLINE_MS);
  await exited;
  clearTimeout(timer);
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
