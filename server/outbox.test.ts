import type { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { socketPair } from './net/socketPair.harness.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';

const BATCH = 'x'.repeat(16 * 1024);

/** Much more than the kernel accepts for a peer that does not read. */
const LINES = 5000;

/** An outbox, and the peer that is sent its replies. It does not read yet. */
async function connected(options?: OutboxOptions) {
  const { socket, peer } = await socketPair();
  peer.setEncoding('latin1');
  const events: string[] = [];
  const outbox = new Outbox(
    socket,
    { onTurn: () => events.push('turn'), onDrain: () => events.push('drain') },
    options,
  );
  return { outbox, socket, peer, events };
}

async function allFrom(peer: Socket): Promise<string> {
  let received = '';
  for await (const chunk of peer) received += chunk;
  return received;
}

function* numberedLines(): Generator<string, void> {
  for (let number = 1; number <= LINES; number++) yield `${'m'.repeat(4000)} ${number}\n`;
}

test('writes what it has collected at a flush', async () => {
  const { outbox, socket, peer } = await connected();
  outbox.send('one\n');
  outbox.send('two\n');
  expect(socket.bytesWritten).toBe(0);
  outbox.flush();
  expect(socket.bytesWritten).toBe(8);
  expect(outbox.hasToWait).toBe(false);
  outbox.end();
  expect(await allFrom(peer)).toBe('one\ntwo\n');
});

test('writes a full batch, and then waits for a turn', async () => {
  const { outbox, socket, events } = await connected();
  outbox.send(BATCH);
  expect(socket.bytesWritten).toBe(BATCH.length);
  expect(outbox).toMatchObject({ hasToWait: true, isBlocked: false });
  await expect.poll(() => events).toEqual(['turn']);
  expect(outbox.hasToWait).toBe(false);
});

test('sends a long reply line by line, whenever the peer has read', async () => {
  const { outbox, peer, events } = await connected();
  outbox.sendLines(numberedLines());
  await expect.poll(() => outbox.isBlocked).toBe(true);
  expect(events).toEqual([]);
  const received = allFrom(peer);
  await expect.poll(() => events).toHaveLength(1);
  outbox.end();
  const numbers = (await received).match(/(?<= )\d+(?=\n)/g)?.map(Number);
  expect(numbers).toEqual(Array.from({ length: LINES }, (_, index) => index + 1));
});

test('writes what it has collected at the end, and does not wait afterwards', async () => {
  const { outbox, peer } = await connected();
  outbox.sendLines(numberedLines());
  await expect.poll(() => outbox.isBlocked).toBe(true);
  const received = allFrom(peer);
  await expect.poll(() => outbox.hasToWait).toBe(false);
  outbox.send('last\n');
  outbox.end();
  expect(outbox.hasToWait).toBe(false);
  expect((await received).endsWith(` ${LINES}\nlast\n`)).toBe(true);
});

describe('if it sends a status apart', () => {
  test.each([
    ['a reply', (outbox: Outbox) => outbox.send('status\none\ntwo\n')],
    ['lines', (outbox: Outbox) => outbox.sendLines(['status\n', 'one\n', 'two\n'].values())],
  ])('writes the first line of %s with the replies before it, and waits', async (_what, send) => {
    const { outbox, socket, peer, events } = await connected({ sendsStatusApart: true });
    outbox.send('before\n');
    expect(outbox.hasToWait).toBe(false);
    send(outbox);
    outbox.flush();
    expect(socket.bytesWritten).toBe('before\nstatus\n'.length);
    expect(outbox).toMatchObject({ hasToWait: true, isBlocked: false });
    await expect.poll(() => events).toEqual(['turn']);
    outbox.end();
    expect(await allFrom(peer)).toBe('before\nstatus\none\ntwo\n');
  });

  test('sends the lines after the status together', async () => {
    const { outbox, peer, events } = await connected({ sendsStatusApart: true });
    outbox.sendLines(numberedLines());
    await expect.poll(() => outbox.isBlocked).toBe(true);
    const received = allFrom(peer);
    await expect.poll(() => events).toHaveLength(1);
    outbox.end();
    expect((await received).endsWith(` ${LINES}\n`)).toBe(true);
  });
});
