// What the commands for scripts share: they use the first answer of several servers. The result goes
// to standard output, everything else to standard error, and no command takes longer than its
// timeout.

import { once } from 'node:events';
import type { ServerAddress, ServerConnection } from '../client/connect.ts';
import { withDeadline } from '../client/oneshot/deadline.ts';
import type { Failure } from '../client/oneshot/raceServers.ts';
import { askServers, type ConnectedAnswer, cliErrorFor, cliErrorForAll } from './askServers.ts';
import { exitWhenReaderClosesDelayed } from './exitWhenReaderCloses.ts';
import type { ServersOptions } from './options/clientOptions.ts';

export const NO_ANSWER = 'no server answered';

/** The time that the process took to start. */
const STARTUP_MS = performance.now();

export interface OneshotOptions extends ServersOptions {
  /** In seconds. */
  timeout: number;
}

/** Asks until a server answers, and uses its answer, all before the deadline. */
export function useFirstAnswer<Answer>(
  options: OneshotOptions,
  question: (socket: ServerConnection) => Promise<Answer>,
  use: (answer: Answer) => Promise<void>,
): Promise<void> {
  exitWhenReaderClosesDelayed();
  return withDeadline(remainingMs(options), async (deadline) => {
    const { first, failures } = await askServers(options, deadline, question);
    if (first === undefined) throw cliErrorForAll(failures, NO_ANSWER, options);
    const failure = await useAnswer(first, use);
    if (failure) throw cliErrorFor(failure, options);
  });
}

/**
 * Uses an answer, and closes its connection.
 *
 * @returns The failure, and the time from the answer to it; `undefined` if `use` succeeded.
 */
export async function useAnswer<Answer>(
  { server, answer }: { server: ServerAddress; answer: ConnectedAnswer<Answer> },
  use: (answer: Answer) => Promise<void>,
): Promise<(Failure & { elapsedMs: number }) | undefined> {
  const startedAt = performance.now();
  try {
    await use(answer.answer);
    return undefined;
  } catch (error) {
    return { server, error, elapsedMs: performance.now() - startedAt };
  } finally {
    answer.socket.destroy();
  }
}

/** The timeout includes the time that the process took to start. */
export function remainingMs({ timeout }: OneshotOptions): number {
  return Math.max(timeout * 1000 - STARTUP_MS, 1);
}

/** Writes a line, and applies backpressure. */
export async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
