// Starts a bridge with the targets that a test chooses. A fixture closes every socket after the
// test.

import { Program } from '../../testing/programs.ts';
import { RawWebSocket } from '../../testing/rawWebSocket.ts';
import { test as base, type ListeningProgram } from '../fixtures.ts';
import { ScriptedTarget } from './scriptedTarget.ts';

/**
 * Enough quota for every session of a test, all of which come from one source, and for what they
 * send.
 */
const AMPLE_QUOTAS = {
  MOTD_MAX_SESSIONS: '20000',
  MOTD_MAX_SESSIONS_PER_SOURCE: '20000',
  MOTD_MAX_MESSAGE_RATE: '0',
};

/** How many sessions are opened at a time: below 511, the default backlog of Node's `listen`. */
export const OPEN_BATCH_SIZE = 200;

/**
 * Starts a bridge with ample quotas.
 *
 * @param targets The address of each target, by its name; the first is the default.
 */
export async function startBridgeProgram(
  targets: Record<string, string>,
  flags: readonly string[] = [],
): Promise<ListeningProgram> {
  const named = Object.entries(targets).flatMap(([name, address]) => [
    '--target',
    `${name}=${address}`,
  ]);
  const program = Program.motd(['bridge', ...named, '--http-port', '0', ...flags], AMPLE_QUOTAS);
  const [, found] = await program.waitForOutput(/listening on http:\/\/[\d.]+:(\d+)\n/);
  return { program, port: Number(found) };
}

// biome-ignore-start lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
export const test = base.extend<{ closeSockets: undefined }>({
  closeSockets: [
    async ({}, use) => {
      await use(undefined);
      await Promise.all([...RawWebSocket.open].map((webSocket) => webSocket.disconnect()));
      for (const target of ScriptedTarget.listening) target.close();
    },
    { auto: true },
  ],
});
// biome-ignore-end lint/correctness/noEmptyPattern: see above.
