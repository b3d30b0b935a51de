// Three `motd serve` on one etcd of three members, each with a link to etcd of its own that can be
// cut.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  certificateFile,
  type EtcdLink,
  isWithoutEtcd,
  LocalEtcd,
  type LocalEtcdOptions,
} from '../../testing/etcd.ts';
import { freePort } from '../../testing/freePort.ts';
import { Program } from '../../testing/programs.ts';
import { test as base, expect } from '../fixtures.ts';
import { writePrivately } from '../privateFiles.ts';
import { StoringClient } from './storingClient.ts';

base.skip(isWithoutEtcd, 'no etcd on this machine');

const PREFIX = '/motd-test';
/** As in server/stores/etcd/etcdRecord.ts. */
const ENTRIES = `${PREFIX}/entries/`;
const INSTANCES = 3;

export interface Instance {
  /** From 0 on. */
  index: number;
  port: number;
  link: EtcdLink;
  /** How many messages its history has. */
  history: number;
  /** The flags with its credentials for etcd. */
  access: readonly string[];
  program: Program;
  /**
   * When it reported that etcd is unavailable, and when that it has recovered
   * (`performance.now()`).
   */
  outages: { from: number; to: number }[];
  /** The reason of each report that a message was not stored. */
  rejections: string[];
  /** The messages that it reported as stored despite a 503. */
  storeConfirmedLate: Set<string>;
}

export interface Deployment {
  cluster: LocalEtcd;
  instances: Instance[];
}

/** The authentication that etcd requires, and the flags for it. */
interface AuthSetup {
  options: LocalEtcdOptions;
  access: readonly string[];
}

const OPEN: AuthSetup = { options: {}, access: [] };
const PASSWORD = 'what etcd asks for';

interface DeploymentFixtures {
  /** etcd requires TLS and a password. */
  hasAuth: boolean;
  /** The storage quota of etcd. */
  quotaBytes: number | undefined;
  /** How many messages the history of each instance has. */
  history: number;
  deployment: Deployment;
}

export const test = base.extend<DeploymentFixtures>({
  // More than is stored between two checks of it.
  history: [5000, { option: true }],
  hasAuth: [false, { option: true }],
  quotaBytes: [undefined, { option: true }],
  // `cleanup` runs first, so that the programs that it would stop have ended by then, even paused
  // ones.
  deployment: async ({ cleanup: _, history, hasAuth, quotaBytes }, use, { outputDir }) => {
    const { access, options } = hasAuth ? authIn(outputDir) : OPEN;
    const cluster = await LocalEtcd.start({ ...options, ...(quotaBytes && { quotaBytes }) });
    try {
      const starting = Array.from({ length: INSTANCES }, (_, index) =>
        newInstance(cluster, { index, history, access }),
      );
      await use({ cluster, instances: await Promise.all(starting) });
    } finally {
      await Promise.all([...Program.running].map((program) => program.kill()));
      await cluster.close();
    }
  },
});

function authIn(folder: string): AuthSetup {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'password');
  writePrivately(file, PASSWORD);
  const user = ['--etcd-user', 'root', '--etcd-password-file', file];
  return {
    options: { tls: true, rootPassword: PASSWORD },
    access: ['--etcd-ca', certificateFile, ...user],
  };
}

async function newInstance(
  cluster: LocalEtcd,
  wanted: Pick<Instance, 'index' | 'history' | 'access'>,
): Promise<Instance> {
  const settings = { ...wanted, port: await freePort(), link: await cluster.link() };
  const instance = {
    ...settings,
    program: startInstance(settings),
    outages: [],
    rejections: [],
    storeConfirmedLate: new Set<string>(),
  };
  await followConsole(instance);
  return instance;
}

/** Restarts an instance on the same port. */
export async function restartInstance(instance: Instance): Promise<void> {
  instance.program = startInstance(instance);
  await followConsole(instance);
}

type InstanceSettings = Pick<Instance, 'port' | 'link' | 'history' | 'access'>;

function startInstance({ port, link, history, access }: InstanceSettings): Program {
  // By name, as in the certificate: Node warns about checking an address.
  const members = link.endpoints.map((endpoint) => endpoint.replace('127.0.0.1', 'localhost'));
  const store = `etcd://${members.join(',')}${PREFIX}`;
  const flags = ['--port', String(port), '--store', store, '--history', String(history)];
  return Program.motd(['serve', ...flags, ...access]);
}

const NOT_STORED = '[!] MOTD not stored: ';
const AFTER_ALL = '[!] MOTD stored after its sender received 503: ';

/** Records what an instance logs about etcd, and resolves once it listens. */
async function followConsole({
  program,
  outages,
  rejections,
  storeConfirmedLate,
}: Instance): Promise<void> {
  const { stdout } = program.process;
  if (stdout === null) throw new Error('a program without standard output');
  createInterface({ input: stdout }).on('line', (line) => {
    const now = performance.now();
    if (line.startsWith('[!] Store unavailable: '))
      outages.push({ from: now, to: Number.POSITIVE_INFINITY });
    if (line.startsWith(NOT_STORED)) rejections.push(line.slice(NOT_STORED.length));
    if (line.startsWith(AFTER_ALL)) storeConfirmedLate.add(line.slice(AFTER_ALL.length));
    const last = outages.at(-1);
    if (line.startsWith('Store recovered after ') && last !== undefined) last.to = now;
  });
  await program.waitForOutput(/listening on 127\.0\.0\.1:\d+\n/);
}

/** Resolves with the history once all instances and etcd agree on it. */
export async function convergedHistory({ cluster, instances }: Deployment): Promise<string[]> {
  let histories: string[][] = [];
  const differing = async () => {
    const kept = (await cluster.gateway.range(ENTRIES)).map(({ value }) => messageIn(value));
    histories = await Promise.all(instances.map(({ port }) => historyOf(port)));
    // etcd keeps more entries than instances show.
    return histories.filter((history) => !isSame(history, kept.slice(-history.length))).length;
  };
  await expect.poll(differing, { message: 'instances whose history differs' }).toBe(0);
  return histories[0] ?? [];
}

/** The message in force, from etcd itself: a linearizable read. */
export async function messageInEtcd(cluster: LocalEtcd): Promise<string | undefined> {
  const entry = await cluster.gateway.last(ENTRIES);
  return entry && messageIn(entry.value);
}

/**
 * An entry consists of a time, the id of its write, and the message
 * (server/stores/etcd/etcdRecord.ts).
 */
function messageIn(entry: string): string {
  const { message } = /^\S+ \S+ (?<message>.+)$/su.exec(entry)?.groups ?? {};
  if (message === undefined) throw new Error(`not an entry: ${entry}`);
  return message;
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
