// The examples of PROTOCOL.md, "Commands": a test plays each of them against a real server.

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { codeBlock } from '../../testing/docs.ts';
import { LineBuffer } from '../../testing/lineBuffer.ts';
import { passwordHash } from '../../testing/passwordHash.ts';
import { expect, QUICK, startServer, store, test } from '../fixtures.ts';

const EXAMPLES: { heading: string; index?: number; isStoreGuarded?: boolean; stored?: string }[] = [
  { heading: 'MSGGET' },
  { heading: 'MSGSTORE' },
  { heading: 'MSGSTORE', index: 1, isStoreGuarded: true },
  { heading: 'MSGWATCH' },
  { heading: 'MSGHIST', stored: 'Exam moved to room 4' },
  { heading: 'QUIT' },
  { heading: 'SHUTDOWN' },
];

const STORE_PASSWORD = 'a store password';

/** The examples have times of another day. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ /;

for (const { heading, index, isStoreGuarded, stored } of EXAMPLES) {
  const guard = isStoreGuarded ? ' if a password guards the store' : '';
  test(`replies to ${heading} as in PROTOCOL.md${guard}`, QUICK, async () => {
    const flags = isStoreGuarded
      ? ['--store-password-file', hashFile(test.info().outputPath('store.hash'))]
      : [];
    const { port } = await startServer(0, flags);
    if (stored !== undefined) await store(stored, port);

    const received: string[] = [];
    const socket = connect(port, '127.0.0.1').setEncoding('utf8');
    await once(socket, 'connect');
    const buffer = new LineBuffer();
    socket.on('data', (text: string) => received.push(...buffer.push(text)));

    const expected: string[] = [];
    const lines = codeBlock('PROTOCOL.md', heading, '', index).trimEnd().split('\n');
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

function withoutTimes(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(TIME, 'TIME '));
}

function hashFile(path: string): string {
  writeFileSync(path, passwordHash(STORE_PASSWORD), { mode: 0o600 });
  return path;
}
