// The examples of PROTOCOL.md, "Commands": a test plays each of them against a real server.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { codeBlock } from '../../testing/docs.ts';
import { LineBuffer } from '../../testing/lineBuffer.ts';
import { passwordHash } from '../../testing/passwordHash.ts';
import { Program } from '../../testing/programs.ts';
import { expect, QUICK, startServer, store, test } from '../fixtures.ts';

interface Example {
  heading: string;
  index?: number;
  isStoreGuarded?: boolean;
  /** Stored before. */
  stored?: string;
  /** Planned before, as in the example of MSGPLAN. */
  hasPlan?: boolean;
}

const EXAMPLES: Example[] = [
  { heading: 'MSGGET' },
  { heading: 'MSGSTORE' },
  { heading: 'MSGSTORE', index: 1, isStoreGuarded: true },
  { heading: 'MSGWATCH' },
  { heading: 'MSGHIST', stored: 'Exam moved to room 4' },
  { heading: 'MSGPLAN' },
  { heading: 'MSGPLANS', hasPlan: true },
  { heading: 'MSGCANCEL', hasPlan: true },
  { heading: 'MSGINFO' },
  { heading: 'MSGLIST', stored: 'Exam moved to room 4' },
  { heading: 'MSGREPLACE' },
  { heading: 'QUIT' },
  { heading: 'SHUTDOWN' },
];

const STORE_PASSWORD = 'a store password';

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** The day of the examples, and one that is still to come. */
const DAY = '2026-11-27';
const TO_COME = `${new Date().getUTCFullYear() + 1}-11-27`;

for (const { heading, index, isStoreGuarded, stored, hasPlan } of EXAMPLES) {
  const guard = isStoreGuarded ? ' if a password guards the store' : '';
  test(`replies to ${heading} as in PROTOCOL.md${guard}`, QUICK, async () => {
    const flags = isStoreGuarded
      ? ['--store-password-file', hashFile(test.info().outputPath('store.hash'))]
      : [];
    const { port } = await startServer(0, flags);
    if (stored !== undefined) await store(stored, port);
    if (hasPlan) await planAsInExample(port);

    const received: string[] = [];
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    await once(socket, 'connect');
    const buffer = new LineBuffer();
    socket.on('data', (text: string) => received.push(...buffer.push(text)));

    const expected: string[] = [];
    const lines = linesOf(heading, index);
    for (const [at, line] of lines.entries()) {
      const text = line.slice('C: '.length);
      if (line.startsWith('C: ')) socket.write(`${text}\n`);
      else {
        // The second message to a watcher is what another client stores.
        if (heading === 'MSGWATCH' && at === lines.length - 1) await store(text, port);
        expected.push(text);
        const first = () => withoutTimes(received.slice(0, expected.length));
        await expect.poll(first).toEqual(withoutTimes(expected));
      }
    }
    expect(received).toHaveLength(expected.length);
    socket.destroy();
  });
}

/** The lines of an example, planned for a day that is still to come. */
function linesOf(heading: string, index?: number): string[] {
  const block = codeBlock('PROTOCOL.md', heading, '', index);
  return block.replaceAll(DAY, TO_COME).trimEnd().split('\n');
}

async function planAsInExample(port: number): Promise<void> {
  const typed = linesOf('MSGPLAN').filter((line) => line.startsWith('C: '));
  const client = Program.motd(['connect', '127.0.0.1', String(port)]);
  client.input(typed.map((line) => `${line.slice('C: '.length)}\n`).join(''));
  expect(await client.exitCode()).toBe(0);
}

/** The examples have times of another day. */
function withoutTimes(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(TIME, 'TIME'));
}

function hashFile(path: string): string {
  writeFileSync(path, passwordHash(STORE_PASSWORD), { mode: 0o600 });
  return path;
}
