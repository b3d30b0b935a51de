// A disk that is full, or fails: strace replaces the system call by the error. A message that got
// `200 OK` is still safe, and a client that got a 503 may try again later.

import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../../testing/programs.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, type ListeningProgram, QUICK } from '../fixtures.ts';
import { withSmallDisk } from './smallDisk.ts';
import { StoringClient } from './storingClient.ts';
import { readAll, startStoring, storeArgs, test } from './storingServer.ts';
import { canTrace, inject, injecting } from './strace.ts';

const UNAVAILABLE = '503 STORE UNAVAILABLE';

/**
 * The calls of a batch, a head and the cut after a failure; with those of the new file that replaces
 * one whose sync failed.
 */
const CALLS = [
  'pwrite64',
  'fdatasync',
  'fdatasync,fsync',
  'fdatasync,rename',
  'pwrite64,fdatasync',
];
const ERRORS = ['ENOSPC', 'EIO'];
/** Which of the calls fail, counted from the beginning of the fault. */
const CALL_NUMBERS = ['1', '2', '3', '1+', '2+'];

const all: InjectedFault[] = CALLS.flatMap((call) =>
  ERRORS.flatMap((error) => CALL_NUMBERS.map((when) => ({ call, error, when }))),
);
const some = all.filter(({ call, error, when }) =>
  ['pwrite64 ENOSPC 1+', 'pwrite64 EIO 1', 'fdatasync EIO 1', 'fdatasync,fsync EIO 1+'].includes(
    `${call} ${error} ${when}`,
  ),
);

interface InjectedFault {
  call: string;
  error: string;
  when: string;
}

/** A server, its folder, and the outcome of each store. */
interface StoreResult {
  server: ListeningProgram;
  folder: string;
  outcome: StoreOutcome;
}

interface StoreOutcome {
  /** Every acknowledged message, in order. */
  kept: string[];
  rejected: string[];
}

test('reports in one line that it cannot lock the folder', async ({ folder }) => {
  test.skip(!canTrace, 'no strace on this machine, or it may not trace');
  const path = join(folder, 'store');
  // The lock file is the first that a start truncates.
  const failing = injecting('ftruncate:error=EIO:when=1');
  const program = Program.motdUnder(failing, storeArgs(path));
  expect(await program.exitCode()).toBe(1);
  expect(program.stderr).toBe(
    `motd: cannot use ${path}: EIO: i/o error, ftruncate; check the disk [store-unusable]\n`,
  );
});

test.describe('a disk that fails at one call', () => {
  test.skip(!canTrace, 'no strace on this machine, or it may not trace');
  const cases = scaled(some, all);

  test('answers 503 to what it cannot store, and keeps every acknowledged message', async ({
    folder,
  }) => {
    test.setTimeout(60_000 + cases.length * 10_000);
    const counts = { rejected: 0, kept: 0, unread: 0 };
    for (const fault of cases) {
      const failing = await storeWhileFailing(join(folder, nameOf(fault)), fault);
      await failing.strace.stop();
      await storesAgain(failing.client, failing.outcome);
      count(counts, failing.outcome, await survives(failing, nameOf(fault)));
    }
    recordTotals(`${cases.length} disks on which one call failed for a while`, counts);
  });

  test('keeps every acknowledged message if the server is killed right after the first 503', async ({
    folder,
  }) => {
    test.setTimeout(60_000 + cases.length * 10_000);
    const counts = { rejected: 0, kept: 0, unread: 0 };
    for (const fault of cases) {
      const failing = await storeWhileFailing(join(folder, nameOf(fault)), fault, 1);
      count(counts, failing.outcome, await survives(failing, nameOf(fault)));
    }
    recordTotals(
      `${cases.length} disks on which one call failed when the server was killed`,
      counts,
    );
  });
});

test(
  'keeps the old message on a full disk, and stores the next one when there is space',
  QUICK,
  async ({ folder }) => {
    const disk = join(folder, 'disk');
    await withSmallDisk(disk, '256k', async () => {
      const store = join(disk, 'store');
      const server = await startStoring(store);
      const client = await StoringClient.connect(server.port);
      const outcome: StoreOutcome = { kept: [], rejected: [] };
      // 256 KiB hold far fewer than these; the filler leaves even less space.
      const filler = join(disk, 'filler');
      writeFileSync(filler, Buffer.alloc(64 * 1024));
      for (let number = 0; number < 100 && outcome.rejected.length < 3; number++) {
        await storeOne(client, `message ${number} `.padEnd(4000, 'f'), outcome);
      }
      expect(outcome.rejected).toHaveLength(3);
      rmSync(filler);
      await storesAgain(client, outcome);
      await survives({ server, folder: store, outcome }, 'full disk');
      record(
        'disk faults',
        `a disk of 256 KiB: full after ${outcome.kept.length - 1} messages, 503 for each further one ` +
          'until there was room, 0 lost',
      );
    });
  },
);

test('reads while the disk hangs, and exits although it still does', QUICK, async ({ folder }) => {
  test.skip(process.platform === 'win32', 'needs a pipe with a name');
  const pipe = join(folder, 'pipe');
  spawnSync('mkfifo', [pipe]);
  const under = ['env', `NODE_OPTIONS=--import ${hangingSyncs(pipe, join(folder, 'hang'))}`];
  const { program, port } = await startStoring(join(folder, 'store'), { under });
  const client = await StoringClient.connect(port);
  expect(await client.store('before')).toBe('200 OK');

  writeFileSync(join(folder, 'hang'), '');
  const hanging = client.store('hanging').catch(() => 'closed');
  const reader = await StoringClient.connect(port);
  for (let reads = 0; reads < 3; reads++) expect(await reader.message()).toBe('before');
  program.process.kill('SIGTERM');
  await program.exitCode();
  expect(await hanging).not.toBe('200 OK');
  // Node before 22.15 can only end by a signal here (server/stores/file/exitDespiteHang.ts).
  const { exitCode, signalCode } = program.process;
  expect(exitCode === 0 || signalCode === 'SIGTERM').toBe(true);

  const again = await startStoring(join(folder, 'store'));
  expect((await readAll(again.port)).history.at(0)).toBe('before');
});

/**
 * A module that makes each sync wait in a thread of libuv, as on a disk that hangs, once a file
 * exists. strace cannot do that: a call that it delays outlives its killed process.
 */
function hangingSyncs(pipe: string, trigger: string): string {
  const script = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { fdatasync } = fs;
    fs.fdatasync = (descriptor, done) => {
      if (!fs.existsSync(${JSON.stringify(trigger)})) return fdatasync(descriptor, done);
      const pipe = fs.openSync(${JSON.stringify(pipe)}, fs.constants.O_RDWR);
      fs.read(pipe, Buffer.alloc(1), 0, 1, null, (error) => done(error));
    };
    syncBuiltinESMExports();`;
  return `data:text/javascript,${encodeURIComponent(script)}`;
}

function nameOf({ call, error, when }: InjectedFault): string {
  return `${error} from ${call} number ${when}`;
}

interface FaultCounts {
  rejected: number;
  kept: number;
  /** Servers that did not start again: what they kept is unknown. */
  unread: number;
}

function count(counts: FaultCounts, { kept, rejected }: StoreOutcome, isRead: boolean): void {
  counts.rejected += rejected.length;
  if (isRead) counts.kept += kept.length;
  else counts.unread++;
}

function recordTotals(subject: string, { rejected, kept, unread }: FaultCounts): void {
  record(
    'disk faults',
    `${subject}: ${rejected} messages rejected with 503, all of ${kept} acknowledged ones read back; ` +
      `${unread} servers did not start again`,
  );
}

/**
 * Stores short and long messages on a new server while a call fails, until `rejections` got a 503.
 */
async function storeWhileFailing(
  folder: string,
  fault: InjectedFault,
  rejections = Number.POSITIVE_INFINITY,
): Promise<StoreResult & { client: StoringClient; strace: Program }> {
  // strace counts the calls of each thread.
  const server = await startStoring(folder, { under: ['env', 'UV_THREADPOOL_SIZE=1'] });
  const client = await StoringClient.connect(server.port);
  const outcome: StoreOutcome = { kept: [], rejected: [] };
  await storeOne(client, 'before', outcome);
  server.program.process.once('exit', (status, signal) => {
    const { stderr } = server.program;
    expect.soft({ status, signal, stderr }, nameOf(fault)).toMatchObject({ signal: 'SIGKILL' });
  });
  const strace = await inject(
    server.program,
    `${fault.call}:error=${fault.error}:when=${fault.when}`,
  );
  for (const [number, bytes] of [20, 4000, 20, 4000, 20].entries()) {
    if (outcome.rejected.length >= rejections) break;
    await storeOne(client, `during the fault ${number}`.padEnd(bytes, '.'), outcome);
  }
  return { server, folder, outcome, client, strace };
}

/**
 * Stores one message: it is in force immediately, or it is rejected and the old one stays in force.
 */
async function storeOne(
  client: StoringClient,
  message: string,
  outcome: StoreOutcome,
): Promise<void> {
  const reply = await client.store(message);
  if (reply === '200 OK') outcome.kept.push(message);
  else {
    expect(reply).toBe(UNAVAILABLE);
    outcome.rejected.push(message);
  }
  expect(await client.message()).toBe(outcome.kept.at(-1));
}

/** Stores one more message. Call it once the fault is over. */
async function storesAgain(client: StoringClient, { kept }: StoreOutcome): Promise<void> {
  expect(await client.store('after')).toBe('200 OK');
  kept.push('after');
  expect(await client.history()).toEqual(kept);
}

/**
 * Checks that what was acknowledged survives kill -9, and that the server printed no stack trace.
 *
 * @returns Whether it started again. If not, the test has failed but continues.
 */
async function survives({ server, folder, outcome }: StoreResult, name: string): Promise<boolean> {
  await server.program.kill();
  expect.soft(server.program.stderr, name).not.toMatch(/^ {4}at /m);
  const again = await startStoring(folder).catch((error: unknown) => String(error));
  expect.soft(again, `${name}: starts again`).not.toEqual(expect.any(String));
  if (typeof again === 'string') return false;
  const { message, history } = await readAll(again.port);
  expect(history, name).toEqual(outcome.kept);
  expect(message, name).toBe(outcome.kept.at(-1));
  await again.program.kill();
  return true;
}
