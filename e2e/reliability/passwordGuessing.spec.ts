// Guessing passwords: on many connections from one source, and from many sources simultaneously.

import { writeFileSync } from 'node:fs';
import { passwordHash } from '../../testing/passwordHash.ts';
import { isLinux, NEEDS_LINUX } from '../../testing/procFs.ts';
import { record } from '../../testing/record.ts';
import { scaled } from '../../testing/scale.ts';
import { expect, QUICK } from '../fixtures.ts';
import { LatencyProbe, MANY_SAMPLES } from './latencyProbe.ts';
import { AMPLE_QUOTAS, RawClient, startSilentServer, test } from './rawClient.ts';

const APPLE = 'An apple a day keeps the doctor away.';
const REQUIRED = '300 PASSWORD REQUIRED';
const WRONG = '301 WRONG PASSWORD';
const BLOCKED = '421 TOO MANY WRONG PASSWORDS';

/**
 * The length of an attack: most guesses from one source are rejected unchecked, few of those from
 * many.
 */
const GUESSES_FROM_ONE = scaled(5000, 350_000);
const GUESSES_FROM_MANY = scaled(16, 230);
/** Owners that send the right password meanwhile, each from a new source. */
const OWNERS = scaled(10, 200);

/**
 * The cost of a check. In a soak it is that of `motd hash-password`, a quarter of a second. The
 * number of checks that an attack takes does not depend on it.
 */
const COST = { logCost: scaled(13, 15), blockSize: 8, parallelism: 3 };

const MANY = Array.from({ length: scaled(16, 500) }, (_, at) => `10.0.${at >> 8}.${at & 255}`);

test.skip(!isLinux, NEEDS_LINUX);
test.describe.configure({ mode: 'default', timeout: scaled(60_000, 1_200_000) });

/** Guesses without a pause until it is stopped. */
class Attack {
  /** Guesses that were answered. */
  guesses = 0;
  /**
   * An upper bound of the guesses that the server has compared: those with a 301, and the third one
   * of a connection, which gets a 421 in any case.
   */
  checked = 0;
  /** Replies that a guess must never get. */
  readonly unexpectedReplies: string[] = [];
  #isOver = false;
  #waiting: (() => void)[] = [];
  readonly #command: string;
  readonly #startedAtMs = performance.now();
  readonly #loops: Promise<void>[];

  /**
   * @param sources Each guesses on a connection of its own, and on another one once that is closed.
   */
  constructor(port: number, command: string, sources: readonly string[]) {
    this.#command = command;
    this.#loops = sources.map((source) => this.#guess(port, source));
  }

  /** Resolves once `count` more guesses were answered. */
  async waitForGuesses(count: number): Promise<void> {
    const goal = this.guesses + count;
    while (this.guesses < goal) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async stop(): Promise<string> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    const minutes = (performance.now() - this.#startedAtMs) / 60_000;
    const perMinute = (count: number) => Math.round(count / minutes);
    return (
      `${perMinute(this.guesses)} guesses a minute sent, ${perMinute(this.checked)} checked ` +
      `(${this.checked} in ${Math.round(minutes * 60)} s), none right`
    );
  }

  async #guess(port: number, source: string): Promise<void> {
    try {
      while (!this.#isOver) await this.#guessUntilClosed(port, source);
    } catch (error) {
      // The owner may have shut the server down.
      if (!this.#isOver) throw error;
    }
  }

  async #guessUntilClosed(port: number, source: string): Promise<void> {
    const client = await RawClient.connect(port, { source });
    for (let wrong = 0; wrong < 3 && !this.#isOver; wrong++) {
      const [prompt, reply = ''] = await client.request(`${this.#command}\nguess\n`, 2);
      this.guesses++;
      if (prompt !== REQUIRED || (reply !== WRONG && reply !== BLOCKED))
        this.unexpectedReplies.push(reply);
      if (reply === WRONG || wrong === 2) this.checked++;
      for (const resolve of this.#waiting.splice(0)) resolve();
      if (reply !== WRONG) break;
    }
    await client.disconnect();
  }
}

test(
  'allows three tries per connection, then rejects its source, and no other',
  QUICK,
  async () => {
    const { port } = await startSilentServer();
    const client = await RawClient.connect(port, { source: '192.0.2.1' });
    client.send('SHUTDOWN\nguess\n'.repeat(4));
    expect(await client.remainingLines()).toEqual([
      REQUIRED,
      WRONG,
      REQUIRED,
      WRONG,
      REQUIRED,
      BLOCKED,
    ]);

    const again = await RawClient.connect(port, { source: '192.0.2.1' });
    again.send('SHUTDOWN\n123!abc\n');
    expect(await again.remainingLines()).toEqual([REQUIRED, BLOCKED]);

    const other = await RawClient.connect(port, { source: '192.0.2.2' });
    expect(await other.request('SHUTDOWN\nguess\n', 2)).toEqual([REQUIRED, WRONG]);
    expect(await other.request('SHUTDOWN\n123!abc\n', 2)).toEqual([REQUIRED, '200 OKAY']);
  },
);

test('checks at most three of many passwords sent simultaneously from one source', async () => {
  const { port } = await startSilentServer();
  const clients = await RawClient.connectMany(20, port, { source: '2001:db8::1' });
  for (const client of clients) client.send('SHUTDOWN\nguess\n');
  const replies = await Promise.all(clients.map((client) => client.nextLines(2)));
  expect(replies.filter(([, reply]) => reply === WRONG)).toHaveLength(3);
  expect(replies.filter(([, reply]) => reply === BLOCKED)).toHaveLength(17);
});

test('does not block a source that was never wrong after 900 simultaneous tries from another', async () => {
  const { port } = await startSilentServer();
  const clients = await RawClient.connectMany(900, port, { source: '192.0.2.1' });
  for (const [at, client] of clients.entries()) client.send(`SHUTDOWN\nguess ${at}\n`);
  const mistaken = await RawClient.connect(port, { source: '192.0.2.2' });
  expect(await mistaken.request('SHUTDOWN\nmistyped\n', 2)).toEqual([REQUIRED, WRONG]);
  const replies = await Promise.all(clients.map((client) => client.nextLines(2)));
  expect(replies.filter(([, reply]) => reply === WRONG)).toHaveLength(3);
  expect(replies.filter(([, reply]) => reply === BLOCKED)).toHaveLength(897);
  const owner = await RawClient.connect(port, { source: '192.0.2.3' });
  expect(await owner.request('SHUTDOWN\n123!abc\n', 2)).toEqual([REQUIRED, '200 OKAY']);
});

for (const [password, flags, command, fine] of [
  ['the shutdown password', [], 'SHUTDOWN', '200 OKAY'],
  ['the store password', ['--store-password-file', 'PASSWORD_FILE'], 'MSGSTORE', '200 OK'],
] as const) {
  test(`${password} is not guessed from one source, and is accepted from another`, async () => {
    const { server, probe, baseline } = await startServerWithProbe(flags);
    const attack = new Attack(
      server.port,
      command,
      Array.from({ length: 50 }, () => '192.0.2.1'),
    );
    await attack.waitForGuesses(GUESSES_FROM_ONE);
    const during = await probe.report(10);
    const owner = await RawClient.connect(server.port, { source: '192.0.2.2' });
    const reply = owner.request(`${command}\n123!abc\n`, 2);
    const found = await attack.stop();
    expect(await reply).toEqual([REQUIRED, fine]);
    expect(attack.unexpectedReplies).toEqual([]);
    record(
      `guessing ${password}`,
      `one source on 50 connections at a time: ${found}; the right password from another source was ` +
        `accepted meanwhile; a latency probe before: ${baseline}; during: ${during}`,
    );
  });
}

test('the shutdown password is not guessed from many sources', async () => {
  const { server, probe, baseline } = await startServerWithProbe([
    '--password-file',
    'PASSWORD_FILE',
  ]);
  const attack = new Attack(server.port, 'SHUTDOWN', MANY);
  await attack.waitForGuesses(GUESSES_FROM_MANY);
  const during = await probe.report(10);
  const found = await attack.stop();
  expect(attack.unexpectedReplies).toEqual([]);

  // After the attack, a source that has not guessed is accepted.
  const owner = await RawClient.connect(server.port, { source: '192.0.2.1' });
  expect(await owner.request('SHUTDOWN\n123!abc\n', 2)).toEqual([REQUIRED, '200 OKAY']);
  record(
    'guessing the shutdown password',
    `${MANY.length} sources: ${found}; a latency probe before: ${baseline}; during: ${during}`,
  );
});

test('the store password is not guessed from many sources, and its owners are accepted', async () => {
  const { server, probe, baseline } = await startServerWithProbe([
    '--store-password-file',
    'PASSWORD_FILE',
  ]);
  const attack = new Attack(server.port, 'MSGSTORE', MANY);
  const waitedMs: number[] = [];
  for (let number = 1; number <= OWNERS; number++) {
    // Each arrives during the attack.
    await attack.waitForGuesses(1);
    const owner = await RawClient.connect(server.port, { source: `192.0.2.${number}` });
    const askedAtMs = performance.now();
    expect(await owner.request('MSGSTORE\n123!abc\n', 2)).toEqual([REQUIRED, '200 OK']);
    waitedMs.push(performance.now() - askedAtMs);
    await owner.disconnect();
  }
  const during = await probe.report(10);
  const found = await attack.stop();
  expect(attack.unexpectedReplies).toEqual([]);

  const seconds = (ms = 0) => (ms / 1000).toFixed(1);
  const sorted = waitedMs.toSorted((a, b) => a - b);
  record(
    'guessing the store password',
    `${MANY.length} sources: ${found}; ${waitedMs.length} users with the right password, each from a fresh ` +
      `source, were accepted; the first after ${seconds(waitedMs[0])} s, p50 ` +
      `${seconds(sorted[sorted.length >> 1])} s, the longest ${seconds(sorted.at(-1))} s; ` +
      `a latency probe before: ${baseline}; during: ${during}`,
  );
});

async function startServerWithProbe(flags: readonly string[]) {
  const file = test.info().outputPath('password');
  writeFileSync(file, `${passwordHash('123!abc', COST)}\n`);
  const server = await startSilentServer([
    ...AMPLE_QUOTAS,
    ...flags.map((flag) => (flag === 'PASSWORD_FILE' ? file : flag)),
  ]);
  const probe = await LatencyProbe.start(server.port, APPLE);
  return { server, probe, baseline: await probe.report(MANY_SAMPLES) };
}
