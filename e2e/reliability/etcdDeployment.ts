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
const SERVERS = 3;

export interface DeployedServer {
  /** From 0 on. */
  index: number;
  port: number;
  link: EtcdLink;
  /** The value of `--history`. */
  historyLimit: number;
  /** The flags with its credentials for etcd. */
  authFlags: readonly string[];
  program: Program;
  /**
   * When it reported that etcd was unavailable, and when that it had recovered
   * (`performance.now()`).
   */
  outages: { from: number; to: number }[];
  /** The reason of each report that a message was not stored. */
  rejections: string[];
  /** The messages that it reported as stored after their sender had received 503. */
  storeConfirmedLate: Set<string>;
}

export interface Deployment {
  cluster: LocalEtcd;
  servers: DeployedServer[];
}

/** The authentication that etcd requires, and the flags for it. */
interface AuthSetup {
  options: LocalEtcdOptions;
  authFlags: readonly string[];
}

const NO_AUTH: AuthSetup = { options: {}, authFlags: [] };
const PASSWORD = 'what etcd asks for';

interface DeploymentFixtures {
  /** etcd requires TLS and a password. */
  hasAuth: boolean;
  /** The storage quota of etcd. */
  quotaBytes: number | undefined;
  /** The `--history` of each server. */
  historyLimit: number;
  deployment: Deployment;
}

export const test = base.extend<DeploymentFixtures>({
  // More messages than are stored between two checks of the history.
  historyLimit: [5000, { option: true }],
  hasAuth: [false, { option: true }],
  quotaBytes: [undefined, { option: true }],
  // `cleanup` is torn down later, and could not stop programs that are paused.
  deployment: async ({ cleanup: _, historyLimit, hasAuth, quotaBytes }, use, { outputDir }) => {
    const { authFlags, options } = hasAuth ? authIn(outputDir) : NO_AUTH;
    const cluster = await LocalEtcd.start({ ...options, ...(quotaBytes && { quotaBytes }) });
    try {
      const starting = Array.from({ length: SERVERS }, (_, index) =>
        deployServer(cluster, { index, historyLimit, authFlags }),
      );
      await use({ cluster, servers: await Promise.all(starting) });
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
    authFlags: ['--etcd-ca', certificateFile, ...user],
  };
}

async function deployServer(
  cluster: LocalEtcd,
  options: Pick<DeployedServer, 'index' | 'historyLimit' | 'authFlags'>,
): Promise<DeployedServer> {
  const settings = { ...options, port: await freePort(), link: await cluster.link() };
  const server = {
    ...settings,
    program: startProgram(settings),
    outages: [],
    rejections: [],
    storeConfirmedLate: new Set<string>(),
  };
  await followConsole(server);
  return server;
}

/** Restarts a server on the same port. */
export async function restartServer(server: DeployedServer): Promise<void> {
  server.program = startProgram(server);
  await followConsole(server);
}

type ServerSettings = Pick<DeployedServer, 'port' | 'link' | 'historyLimit' | 'authFlags'>;

function startProgram({ port, link, historyLimit, authFlags }: ServerSettings): Program {
  // By name, as in the certificate: Node warns about checking an address.
  const members = link.endpoints.map((endpoint) => endpoint.replace('127.0.0.1', 'localhost'));
  const store = `etcd://${members.join(',')}${PREFIX}`;
  const flags = ['--port', String(port), '--store', store, '--history', String(historyLimit)];
  return Program.motd(['serve', ...flags, ...authFlags]);
}

const NOT_STORED = '[!] MOTD not stored: ';
const STORED_LATE = '[!] MOTD stored after its sender received 503: ';

/** Records what a server logs about etcd, and resolves once it listens. */
async function followConsole({
  program,
  outages,
  rejections,
  storeConfirmedLate,
}: DeployedServer): Promise<void> {
  const { stdout } = program.process;
  if (stdout === null) throw new Error('a program without standard output');
  createInterface({ input: stdout }).on('line', (line) => {
    const now = performance.now();
    if (line.startsWith('[!] Store unavailable: '))
      outages.push({ from: now, to: Number.POSITIVE_INFINITY });
    if (line.startsWith(NOT_STORED)) rejections.push(line.slice(NOT_STORED.length));
    if (line.startsWith(STORED_LATE)) storeConfirmedLate.add(line.slice(STORED_LATE.length));
    const last = outages.at(-1);
    if (line.startsWith('Store recovered after ') && last !== undefined) last.to = now;
  });
  await program.waitForOutput(/listening on 127\.0\.0\.1:\d+\n/);
}

/** Resolves with the history once all servers and etcd agree on it. */
export async function convergedHistory({ cluster, servers }: Deployment): Promise<string[]> {
  let histories: string[][] = [];
  const differing = async () => {
    const kept = (await cluster.gateway.range(ENTRIES)).map(({ value }) => messageIn(value));
    histories = await Promise.all(servers.map(({ port }) => historyOf(port)));
    // etcd keeps more entries than servers show.
    return histories.filter((history) => !isSame(history, kept.slice(-history.length))).length;
  };
  await expect.poll(differing, { message: 'servers whose history differs' }).toBe(0);
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
