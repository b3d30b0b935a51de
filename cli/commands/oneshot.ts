// `motd get`, `set`, `watch` and `history`: for scripts, cron jobs and login shells. What was asked
// for on standard output, everything else on standard error,
// and never longer than the time allowed.

import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Server } from '../../client/connect.ts';
import { type Deadline, withDeadline } from '../../client/oneshot/deadline.ts';
import { dropStaleMessages } from '../../client/oneshot/dropStaleMessages.ts';
import {
  askForHistory,
  askToStore,
  askToWatch,
  DeniedError,
  getMessage,
  OutcomeUnknownError,
} from '../../client/oneshot/oneshot.ts';
import type { Failure } from '../../client/oneshot/raceServers.ts';
import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import {
  type Answered,
  allFailedError,
  askServers,
  failureError,
  noneKnowsCommand,
} from '../askServers.ts';
import { CliError, printToStderr } from '../cliError.ts';
import type { ServersOptions, TlsClientOptions } from '../options/clientOptions.ts';
import { lineIn } from '../options/parsers.ts';
import { readStandardInput } from '../standardInput.ts';
import { exitWhenReaderLeaves, exitWhenReaderLeavesLater } from '../stdoutReader.ts';

/**
 * The first attempt to connect again comes after this, each further one after up to twice as long.
 */
const FIRST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 30_000;

/** One that was lost sooner was no good: the next one is not asked without a wait. */
const LASTING_MS = 1000;

/** How long a server may be behind another one; those that share a store need milliseconds. */
const CATCH_UP_MS = 1000;

const NO_ANSWER = 'no server answered';

/** What starting took. */
const SPENT_MS = performance.now();

export interface OneshotOptions extends ServersOptions, TlsClientOptions {
  /** In seconds. */
  timeout: number;
}

export interface SetOptions extends OneshotOptions {
  message?: string;
  storePassword?: string;
}

/** Prints the message, of whichever server answers first. */
export async function get(options: OneshotOptions): Promise<void> {
  await answerOf(options, getMessage, print);
}

/** Prints the history, a line each, of whichever server answers first. */
export async function history(options: OneshotOptions): Promise<void> {
  await answerOf(options, askForHistory, async (lines) => {
    for await (const line of lines) await print(line);
  });
}

/**
 * Changes the message to `--message`, or to the line on standard input.
 *
 * Several servers may be asked whether they are there to take it. It is sent to one of them, and to
 * another only after one that answered that it has not stored it (`askToStore`).
 */
export async function set(options: SetOptions): Promise<void> {
  const message = options.message ?? (await messageOnStdin());
  await withDeadline(msAllowed(options), (time) => storeAtOne(options, message, time));
}

async function storeAtOne(options: SetOptions, message: string, time: Deadline): Promise<void> {
  const failures: Failure[] = [];
  let left = options.servers;
  while (left.length > 0) {
    const asked = await askServers({ ...options, servers: left }, time, askToStore);
    failures.push(...asked.failures);
    if (asked.first === undefined) break;
    const failure = await failureOf(asked.first, (store) => store(message, options.storePassword));
    if (failure === undefined) return;
    if (isLastWord(failure)) throw failureError(failure, options.timeout);
    failures.push(failure);
    left = left.filter((server) => failures.every((failure) => failure.server !== server));
  }
  throw allFailedError(failures, 'no server took the message', options.timeout);
}

/**
 * Prints the message, and each later one. A connection that is lost is followed by one to the next
 * server, at once; where none answers, all are asked again, later and later.
 */
export async function watch(options: OneshotOptions): Promise<never> {
  const shown: Shown = { last: undefined };
  exitWhenReaderLeaves();
  let { servers } = options;
  const isAlone = servers.length === 1;
  let retryMs = FIRST_RETRY_MS;
  let isOutageTold = false;
  for (;;) {
    const { loss, failures } = await watchOne({ ...options, servers }, shown);
    const why = allFailedError(loss ? [loss] : failures, NO_ANSWER, options.timeout);
    const isOver = loss === undefined && noneKnowsCommand(failures);
    if (!(why instanceof CliError) || isOver) throw why;

    // Once an outage: a cron mail should not hold a thousand lines.
    if (loss || !isOutageTold) {
      const next = loss && !isAlone ? 'going on with the next server' : 'trying again';
      printToStderr(`${why.message}; ${next}`);
    }
    isOutageTold = isAlone || loss === undefined;
    if (loss) {
      servers = startingAfter(loss.server, servers);
      retryMs = FIRST_RETRY_MS;
      if (!isAlone && loss.askedMs > LASTING_MS) continue;
    }
    await sleep(retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, SLOWEST_RETRY_MS);
  }
}

/** What `motd watch` printed last. */
interface Shown {
  last: string | undefined;
}

/** Prints what one server tells. @returns Why it does no more, or why no server did. */
function watchOne(options: OneshotOptions, shown: Shown) {
  return withDeadline(msAllowed(options), async (time) => {
    const { first, failures } = await askServers(options, time, askToWatch);
    if (first === undefined) return { failures };
    time.stop();
    const catchUpMs = options.servers.length > 1 ? CATCH_UP_MS : 0;
    const loss = await failureOf(first, async (messages) => {
      for await (const message of dropStaleMessages(shown.last, messages, catchUpMs)) {
        await print(message);
        shown.last = message;
      }
    });
    return { loss, failures };
  });
}

/** The servers in the same order, this one the last. */
function startingAfter(server: Server, servers: readonly Server[]): Server[] {
  const next = servers.indexOf(server) + 1;
  return [...servers.slice(next), ...servers.slice(0, next)];
}

/** Asks until a server answers, and makes use of its answer, all in the time allowed. */
function answerOf<Answer>(
  options: OneshotOptions,
  question: (socket: Socket) => Promise<Answer>,
  use: (answer: Answer) => Promise<void>,
): Promise<void> {
  exitWhenReaderLeavesLater();
  return withDeadline(msAllowed(options), async (time) => {
    const { first, failures } = await askServers(options, time, question);
    if (first === undefined) throw allFailedError(failures, NO_ANSWER, options.timeout);
    const failure = await failureOf(first, use);
    if (failure) throw failureError(failure, options.timeout);
  });
}

/** Makes use of an answer, and closes its connection. @returns Why that failed, if it did. */
async function failureOf<Answer>(
  { server, answer }: { server: Server; answer: Answered<Answer> },
  use: (answer: Answer) => Promise<void>,
): Promise<(Failure & { askedMs: number }) | undefined> {
  const beganAt = performance.now();
  try {
    await use(answer.answer);
    return undefined;
  } catch (error) {
    const askedMs = performance.now() - beganAt;
    return { server, error, askedMs };
  } finally {
    answer.socket.destroy();
  }
}

/** Whether no other server should be asked to store the message. */
function isLastWord({ error }: Failure): boolean {
  return error instanceof OutcomeUnknownError || error instanceof DeniedError;
}

/** What starting took counts: the time allowed is the person's, not ours. */
function msAllowed({ timeout }: OneshotOptions): number {
  return Math.max(timeout * 1000 - SPENT_MS, 1);
}

/** The one line on standard input; at a terminal, what is typed until Enter. */
async function messageOnStdin(): Promise<string> {
  const line = lineIn(await readStandardInput());
  if (line !== undefined) return line;
  throw new CliError(
    `a message is one line of plain text, 1 to ${MAX_LINE_BYTES} bytes; give it with -m, or on standard input`,
  );
}

/** Writes a line, and waits for a reader that is slow. */
async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}
