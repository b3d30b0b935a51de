// `motd get`, `set`, `watch` and `history`, for scripts, cron jobs and login shells. The result
// goes to standard output, everything else to standard error, and no command takes longer than its
// timeout.

import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAddress, ServerConnection } from '../../client/connect.ts';
import { type Deadline, withDeadline } from '../../client/oneshot/deadline.ts';
import { dropStaleMessages } from '../../client/oneshot/dropStaleMessages.ts';
import { askForHistory, askToStore, askToWatch, getMessage } from '../../client/oneshot/oneshot.ts';
import type { Failure } from '../../client/oneshot/raceServers.ts';
import { DeniedError, OutcomeUnknownError } from '../../client/oneshot/replyErrors.ts';
import { RetryDelay } from '../../client/retryDelay.ts';
import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import {
  askServers,
  type ConnectedAnswer,
  cliErrorFor,
  cliErrorForAll,
  isPermanent,
} from '../askServers.ts';
import { CliError, printToStderr } from '../cliError.ts';
import { exitWhenReaderCloses, exitWhenReaderClosesDelayed } from '../exitWhenReaderCloses.ts';
import type { ServersOptions } from '../options/clientOptions.ts';
import { parseSingleLine } from '../options/parsers.ts';
import { readStandardInput } from '../standardInput.ts';

/** After a connection that was lost sooner, wait before the next server is asked. */
const MIN_HEALTHY_MS = 1000;

/** The time that a server gets to catch up with another. Servers of one store need milliseconds. */
const CATCH_UP_MS = 1000;

const NO_ANSWER = 'no server answered';

/** The time that the process took to start. */
const STARTUP_MS = performance.now();

export interface OneshotOptions extends ServersOptions {
  /** In seconds. */
  timeout: number;
}

export interface SetOptions extends OneshotOptions {
  message?: string;
  storePassword?: string;
}

/** Prints the message of the server that answers first. */
export async function get(options: OneshotOptions): Promise<void> {
  await useFirstAnswer(options, getMessage, print);
}

/** Prints the history of the server that answers first, one line per message. */
export async function history(options: OneshotOptions): Promise<void> {
  await useFirstAnswer(options, askForHistory, async (lines) => {
    for await (const line of lines) await print(line);
  });
}

/**
 * Changes the message to `--message`, or to the line on standard input.
 *
 * Several servers may be asked whether they are ready to store it. The message is sent to one of
 * them, and to another one only if the first reported that it has not stored it (`askToStore`).
 */
export async function set(options: SetOptions): Promise<void> {
  const message = options.message ?? (await readMessage());
  await withDeadline(remainingMs(options), (deadline) => storeOnce(options, message, deadline));
}

async function storeOnce(options: SetOptions, message: string, deadline: Deadline): Promise<void> {
  const failures: Failure[] = [];
  let remaining = options.servers;
  while (remaining.length > 0) {
    const result = await askServers({ ...options, servers: remaining }, deadline, askToStore);
    failures.push(...result.failures);
    if (result.first === undefined) break;
    const failure = await useAnswer(result.first, (store) => store(message, options.storePassword));
    if (failure === undefined) return;
    if (isFinal(failure)) throw cliErrorFor(failure, options.timeout);
    failures.push(failure);
    remaining = remaining.filter((server) =>
      failures.every((failure) => failure.server !== server),
    );
  }
  throw cliErrorForAll(failures, 'no server accepted the message', options.timeout);
}

/**
 * Prints the message, and every later one. If the connection is lost, connects to the next server
 * immediately. If no server answers, asks all of them again, with increasing delays.
 */
export async function watch(options: OneshotOptions): Promise<never> {
  const progress: WatchProgress = { lastPrinted: undefined };
  exitWhenReaderCloses();
  let { servers } = options;
  const hasOneServer = servers.length === 1;
  const retry = new RetryDelay();
  let isOutageReported = false;
  for (;;) {
    const { loss, failures } = await watchOne({ ...options, servers }, progress);
    const why = cliErrorForAll(loss ? [loss] : failures, NO_ANSWER, options.timeout);
    if (!(why instanceof CliError) || (loss === undefined && isPermanent(failures))) throw why;

    // Once per outage: a cron mail must not contain a thousand lines.
    if (loss || !isOutageReported) {
      const next = loss && !hasOneServer ? 'connecting to the next server' : 'trying again';
      printToStderr(`${why.message}; ${next}`);
    }
    isOutageReported = hasOneServer || loss === undefined;
    if (loss) {
      servers = rotateAfter(loss.server, servers);
      retry.reset();
      if (!hasOneServer && loss.elapsedMs > MIN_HEALTHY_MS) continue;
    }
    await sleep(retry.next());
  }
}

interface WatchProgress {
  /** The message that `motd watch` printed last. */
  lastPrinted: string | undefined;
}

/**
 * Prints the messages of one server.
 *
 * @returns Why it stopped sending, or why no server answered.
 */
function watchOne(options: OneshotOptions, progress: WatchProgress) {
  return withDeadline(remainingMs(options), async (deadline) => {
    const { first, failures } = await askServers(options, deadline, askToWatch);
    if (first === undefined) return { failures };
    deadline.cancel();
    const catchUpMs = options.servers.length > 1 ? CATCH_UP_MS : 0;
    const loss = await useAnswer(first, async (messages) => {
      for await (const message of dropStaleMessages(progress.lastPrinted, messages, catchUpMs)) {
        await print(message);
        progress.lastPrinted = message;
      }
    });
    return { loss, failures };
  });
}

/** @returns The servers in the same cyclic order, with this one last. */
function rotateAfter(server: ServerAddress, servers: readonly ServerAddress[]): ServerAddress[] {
  const next = servers.indexOf(server) + 1;
  return [...servers.slice(next), ...servers.slice(0, next)];
}

/** Asks until a server answers, and uses its answer, all before the deadline. */
function useFirstAnswer<Answer>(
  options: OneshotOptions,
  question: (socket: ServerConnection) => Promise<Answer>,
  use: (answer: Answer) => Promise<void>,
): Promise<void> {
  exitWhenReaderClosesDelayed();
  return withDeadline(remainingMs(options), async (deadline) => {
    const { first, failures } = await askServers(options, deadline, question);
    if (first === undefined) throw cliErrorForAll(failures, NO_ANSWER, options.timeout);
    const failure = await useAnswer(first, use);
    if (failure) throw cliErrorFor(failure, options.timeout);
  });
}

/**
 * Uses an answer, and closes its connection.
 *
 * @returns The failure, and the time from the answer to it; `undefined` if `use` succeeded.
 */
async function useAnswer<Answer>(
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

/** Whether the outcome is final: no other server may be asked to store the message. */
function isFinal({ error }: Failure): boolean {
  return error instanceof OutcomeUnknownError || error instanceof DeniedError;
}

/** The timeout includes the time that the process took to start. */
function remainingMs({ timeout }: OneshotOptions): number {
  return Math.max(timeout * 1000 - STARTUP_MS, 1);
}

/** Reads one line from standard input; from a terminal, until Enter. */
async function readMessage(): Promise<string> {
  if (process.stdin.isTTY) process.stderr.write('New message: ');
  const line = parseSingleLine(await readStandardInput());
  if (line !== undefined) return line;
  throw new CliError(
    `invalid message: it must be one line of plain text, 1 to ${MAX_LINE_BYTES} bytes; pass it with -m, or on standard input`,
  );
}

/** Writes a line, and applies backpressure. */
async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
