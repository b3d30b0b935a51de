// Starts a server with a store in a folder of its own.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program } from '../../testing/programs.ts';
import { test as base, type ListeningProgram } from '../fixtures.ts';
import { StoringClient } from './storingClient.ts';

interface StoreFolderFixture {
  /** A folder that is removed after the test. */
  folder: string;
}

export const test = base.extend<StoreFolderFixture>({
  // `cleanup` is torn down later: the programs have to end before their folder is removed.
  folder: async ({ cleanup: _ }, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'motd-reliability-'));
    await use(folder);
    await Promise.all([...Program.running].map((program) => program.kill()));
    rmSync(folder, { recursive: true });
  },
});

export interface StartOptions {
  /** Further arguments of `motd serve`. */
  args?: readonly string[];
  /** A command that runs another one, given as its arguments. */
  under?: readonly string[];
}

export async function startStoring(
  folder: string,
  { args = [], under = [] }: StartOptions = {},
): Promise<ListeningProgram> {
  const program = Program.motdUnder(under, storeArgs(folder, args));
  const [, found] = await program.waitForOutput(/listening on 127\.0\.0\.1:(\d+)\n/);
  return { program, port: Number(found) };
}

export function storeArgs(folder: string, args: readonly string[] = []): string[] {
  return ['serve', '--port', '0', '--store', `file:${folder}`, ...args];
}

/** The message in force and the history, as a client gets them. */
export async function readAll(port: number): Promise<{ message: string; history: string[] }> {
  const client = await StoringClient.connect(port);
  try {
    return { message: await client.message(), history: await client.history() };
  } finally {
    client.close();
  }
}
