// A file that was truncated, or had a byte changed. The server either serves exactly what was
// stored, or does not start, reports a clear error, and leaves the file unchanged, so that it can
// be repaired.

import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Program } from '../../testing/programs.ts';
import { randomFrom, seed } from '../../testing/random.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { StoringClient } from './storingClient.ts';
import { readAll, startStoring, storeArgs, test } from './storingServer.ts';

const BLOCK_BYTES = 4096;
/** Two heads. */
const HEAD_BYTES = 2 * BLOCK_BYTES;
const CONCURRENCY = 2;
/** In one of CONTINUE_EVERY cases, a server that has started also stores more. */
const CONTINUE_EVERY = 4;
const REJECTION =
  /^[^\n]*messages\.log is damaged, or another program's: [^\n]*; restore a backup, or move the file away to start empty \[store-damaged\]\n$/;

interface IntactFile {
  what: string;
  bytes: Buffer;
  message: string;
  history: string[];
}

interface CaseCounts {
  rejected: number;
  started: number;
  continued: number;
}

interface Case {
  name: string;
  intact: IntactFile;
  bytes: Buffer;
  continues: boolean;
}

test(
  'rejects a truncated file with a clear error, or serves what was stored',
  QUICK,
  async ({ folder }) => {
    const all = (await makeIntactFiles(folder)).flatMap(cuts);
    const cases = sampleOf(all, scaled(12, 600), randomFrom(seed));
    test.setTimeout(60_000 + cases.length * 4000);
    recordTotals(
      'truncated at the end of a record or a block, or a byte beside it',
      await tryAll(folder, cases),
    );
  },
);

test('rejects a file with a changed byte with a clear error, or serves what was stored', async ({
  folder,
}) => {
  const intactFiles = await makeIntactFiles(folder);
  const flips = scaled(24, 1000);
  test.setTimeout(60_000 + flips * 4000);
  const random = randomFrom(seed);
  const cases = Array.from({ length: flips }, (_, index) => flip(intactFiles, index, random));
  recordTotals('a byte changed', await tryAll(folder, cases));
});

function recordTotals(what: string, { rejected, started, continued }: CaseCounts): void {
  record(
    'damaged file',
    `${what}: ${rejected + started} files, ${rejected} rejected with a clear error, ${started} served ` +
      `exactly what was stored (${continued} of these stored more and restarted), 0 wrong`,
  );
}

async function makeIntactFiles(folder: string): Promise<IntactFile[]> {
  return [
    await makeIntactFile(join(folder, 'one'), { what: '1 message', stores: 1 }),
    await makeIntactFile(join(folder, 'thirty'), { what: '30 messages', stores: 30 }),
    await makeIntactFile(join(folder, 'many'), { what: '1,000 messages', stores: 1100 }),
  ];
}

/** Messages of mixed sizes. */
async function makeIntactFile(
  folder: string,
  { what, stores }: { what: string; stores: number },
): Promise<IntactFile> {
  const { program, port } = await startStoring(folder);
  const clients = await Promise.all(
    Array.from({ length: Math.min(stores, 10) }, () => StoringClient.connect(port)),
  );
  const storeSome = async (client: StoringClient, first: number) => {
    for (let number = first; number < stores; number += clients.length) {
      const name = `message ${number} of ${stores}`;
      expect(await client.store(number % 7 === 3 ? name.padEnd(3800, '.y') : name)).toBe('200 OK');
    }
    client.close();
  };
  await Promise.all(clients.map(storeSome));
  const { message, history } = await readAll(port);
  expect(await program.stop()).toBe(0);
  return { what, message, history, bytes: readFileSync(join(folder, 'messages.log')) };
}

/** After every record and every block, and one byte to either side. */
function cuts(intact: IntactFile): Case[] {
  const { bytes } = intact;
  const ends = new Set<number>();
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) ends.add(at);
  for (let lf = bytes.indexOf('\n'); lf !== -1; lf = bytes.indexOf('\n', lf + 1)) ends.add(lf + 1);
  return [...ends]
    .flatMap((at) => [at - 1, at, at + 1])
    .filter((length) => length >= 0 && length < bytes.length)
    .map((length, index) => ({
      name: `${intact.what}, cut to ${length} bytes of ${intact.bytes.length}`,
      intact,
      bytes: intact.bytes.subarray(0, length),
      continues: index % CONTINUE_EVERY === 0,
    }));
}

function flip(intactFiles: readonly IntactFile[], index: number, random: () => number): Case {
  const intact = intactFiles[index % intactFiles.length];
  if (intact === undefined) throw new Error('no intact file');
  const bytes = Buffer.from(intact.bytes);
  // A third of them in the heads, and half of these in the part that is not padding.
  const place = random();
  const range = place < 0.33 ? HEAD_BYTES : bytes.length;
  const anywhere = Math.floor(random() * range);
  const at = place < 0.17 ? anywhere - (anywhere % BLOCK_BYTES) + (anywhere % 100) : anywhere;
  const mask = 1 + Math.floor(random() * 255);
  bytes.writeUInt8(bytes.readUInt8(at) ^ mask, at);
  const name = `${intact.what}, byte ${at} of ${bytes.length} changed by ${mask}`;
  return { name, intact, bytes, continues: index % CONTINUE_EVERY === 0 };
}

function sampleOf(cases: readonly Case[], count: number, random: () => number): Case[] {
  if (cases.length <= count) return [...cases];
  return cases.filter(() => random() < count / cases.length);
}

async function tryAll(folder: string, cases: readonly Case[]): Promise<CaseCounts> {
  const counts = { rejected: 0, started: 0, continued: 0 };
  const queue = cases.values();
  const work = async (_: unknown, worker: number) => {
    for (const one of queue) await tryOne(join(folder, `copy-${worker}`), one, counts);
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return counts;
}

async function tryOne(
  folder: string,
  { name, intact, bytes, continues }: Case,
  counts: CaseCounts,
): Promise<void> {
  const file = join(folder, 'messages.log');
  mkdirSync(folder);
  writeFileSync(file, bytes);
  const program = Program.motd(storeArgs(folder));
  const port = await listensOrEnds(program);
  if (port === undefined) {
    counts.rejected++;
    const [status, { signalCode }] = [await program.exitCode(), program.process];
    expect({ status, signalCode }, name).toEqual({ status: 1, signalCode: null });
    expect(program.stderr, name).toMatch(REJECTION);
    expect(statSync(file).size, name).toBe(bytes.length);
    expect(readFileSync(file).equals(bytes), `${name}: the file is as it was`).toBe(true);
  } else {
    counts.started++;
    expect(await readAll(port), name).toEqual({ message: intact.message, history: intact.history });
    if (continues) {
      counts.continued++;
      await storeMore(folder, { name, intact, program, port });
    } else await program.kill();
    expect(program.stderr, name).toBe('');
  }
  rmSync(folder, { recursive: true });
}

/** Stores five more messages, and restarts. */
async function storeMore(
  folder: string,
  {
    name,
    intact,
    program,
    port,
  }: { name: string; intact: IntactFile; program: Program; port: number },
): Promise<void> {
  const more = Array.from({ length: 5 }, (_, n) => `one more, ${n}`.padEnd(20 + n * 700, '.z'));
  const client = await StoringClient.connect(port);
  for (const message of more) expect(await client.store(message), name).toBe('200 OK');
  client.close();
  await program.kill();

  const again = await startStoring(folder);
  const { message, history } = await readAll(again.port);
  expect(history, name).toEqual([...intact.history, ...more].slice(-1000));
  expect(message, name).toBe(more.at(-1));
  await again.program.kill();
}

/** Resolves with the port, or with `undefined` if the program ended without listening. */
async function listensOrEnds(program: Program): Promise<number | undefined> {
  try {
    const [, port] = await program.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
    return Number(port);
  } catch (error) {
    const { exitCode, signalCode } = program.process;
    if (exitCode === null && signalCode === null) throw error;
    return undefined;
  }
}
