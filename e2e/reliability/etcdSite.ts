// Three `motd serve` on one etcd of three members, each with a way to etcd of its own that can be cut.

import { EtcdCluster, type EtcdLink, isWithoutEtcd, lastingPort } from '../etcd.ts';
import { test as base, expect } from '../fixtures.ts';
import { Program } from '../programs.ts';
import { StoringClient } from './storingClient.ts';

base.skip(isWithoutEtcd, 'no etcd on this machine');

const PREFIX = '/motd-test';
const INSTANCES = 3;
/** More than the rounds between two looks at it store. */
const HISTORY = 5000;

export interface Instance {
  /** From 0 on. */
  index: number;
  port: number;
  link: EtcdLink;
  program: Program;
}

export interface Site {
  cluster: EtcdCluster;
  instances: Instance[];
}

export const test = base.extend<{ site: Site }>({
  // `noneLeft` comes first: what it would ask to end has ended by then, even what is paused.
  site: async ({ noneLeft: _ }, use) => {
    const cluster = await EtcdCluster.start();
    try {
      const starting = Array.from({ length: INSTANCES }, (_, index) => newInstance(cluster, index));
      await use({ cluster, instances: await Promise.all(starting) });
    } finally {
      await Promise.all([...Program.running].map((program) => program.kill()));
      await cluster.close();
    }
  },
});

async function newInstance(cluster: EtcdCluster, index: number): Promise<Instance> {
  const [port, link] = [await lastingPort(), await cluster.link()];
  return { index, port, link, program: await startInstance(port, link) };
}

/** Starts an instance again, at the port it had. */
export async function restartInstance(instance: Instance): Promise<void> {
  instance.program = await startInstance(instance.port, instance.link);
}

async function startInstance(port: number, { endpoints }: EtcdLink): Promise<Program> {
  const store = `etcd://${endpoints.join(',')}${PREFIX}`;
  const args = ['serve', '--port', String(port), '--store', store, '--history', String(HISTORY)];
  const program = Program.motd(args);
  await program.says(/listening on 127\.0\.0\.1:\d+\n/);
  return program;
}

/** Settles with the history of all instances once it is the same on each, and as etcd has it. */
export async function settledHistory({ instances }: Site): Promise<string[]> {
  let histories: string[][] = [];
  const differing = async () => {
    histories = await Promise.all(instances.map(({ port }) => historyOf(port)));
    const [first] = histories;
    return histories.filter((history) => !isSame(history, first)).length;
  };
  await expect.poll(differing, { message: 'instances whose history differs' }).toBe(0);
  return histories[0] ?? [];
}

function isSame(one: readonly string[], other: readonly string[] = []): boolean {
  return one.length === other.length && one.every((message, index) => message === other[index]);
}

async function historyOf(port: number): Promise<string[]> {
  const client = await StoringClient.connect(port);
  try {
    return await client.history();
  } finally {
    client.close();
  }
}
