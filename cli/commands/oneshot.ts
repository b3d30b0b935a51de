// `motd get`, `watch`, `history` and `plans`: they read from the server that answers first.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAddress } from '../../client/connect.ts';
import { withDeadline } from '../../client/oneshot/deadline.ts';
import { dropStaleMessages } from '../../client/oneshot/dropStaleMessages.ts';
import {
  askForEntries,
  askForList,
  askForPlans,
  askToWatch,
  getDetails,
  getMessage,
} from '../../client/oneshot/oneshot.ts';
import { describeWindow } from '../../client/planning/describeWindow.pure.ts';
import { entryJson } from '../../client/replies/entryJson.ts';
import type { Plan } from '../../client/replies/planLine.ts';
import { RetryDelay } from '../../client/retryDelay.ts';
import { hasBegun } from '../../protocol/time.ts';
import { askServers, cliErrorForAll, isPermanent } from '../askServers.ts';
import { CliError, printToStderr } from '../cliError.ts';
import { exitWhenReaderCloses } from '../exitWhenReaderCloses.ts';
import {
  NO_ANSWER,
  type OneshotOptions,
  print,
  remainingMs,
  useAnswer,
  useFirstAnswer,
} from '../firstAnswer.ts';
import { localZone } from '../localTime/localZone.ts';

/** After a connection that was lost sooner, wait before the next server is asked. */
const MIN_HEALTHY_MS = 1000;

/** The time that a server gets to catch up with another. Servers of one store need milliseconds. */
const CATCH_UP_MS = 1000;

export interface ReadOptions extends OneshotOptions {
  /** Whether to print JSON: an object per message, each on a line. */
  json: boolean;
}

export interface GetOptions extends ReadOptions {
  /** Whether to print the initial message. */
  default: boolean;
}

/** Prints the message of the server that answers first. */
export async function get(options: GetOptions): Promise<void> {
  // The oldest command, which every server knows.
  if (options.default && !options.json) return useFirstAnswer(options, getMessage, print);
  await useFirstAnswer(options, getDetails, async (details) => {
    if (details.number === 0 && !options.default) return;
    await print(options.json ? JSON.stringify(entryJson(details)) : details.message);
  });
}

/** Prints the history of the server that answers first, one line per message. */
export async function history(options: ReadOptions): Promise<void> {
  if (!options.json) return useFirstAnswer(options, askForList('MSGHIST'), printAll);
  await useFirstAnswer(options, askForEntries, async (entries) => {
    for await (const entry of entries) {
      // One that was canceled ended then: it may never have begun.
      const { untilMs = Number.POSITIVE_INFINITY } = entry;
      if (!hasBegun(entry, Math.min(untilMs, Date.now()))) continue;
      await print(JSON.stringify(entryJson(entry)));
    }
  });
}

/** Prints the planned messages of the server that answers first, one line per message. */
export async function plans(options: ReadOptions): Promise<void> {
  await useFirstAnswer(options, askForPlans, async (plans) => {
    for await (const plan of plans) {
      await print(options.json ? planJson(plan) : describePlan(plan));
    }
  });
}

function describePlan(plan: Plan): string {
  return `${plan.number} ${describeWindow(plan, localZone())}: ${plan.message}`;
}

/** A line of MSGPLANS has no more fields. */
function planJson(plan: Plan): string {
  const { message, number, from, until } = entryJson(plan);
  return JSON.stringify({ message, number, from, until });
}

async function printAll(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) await print(line);
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
    const why = cliErrorForAll(loss ? [loss] : failures, NO_ANSWER, options);
    if (!(why instanceof CliError) || (loss === undefined && isPermanent(failures))) throw why;

    // Once per outage: a cron mail must not contain a thousand lines.
    if (loss || !isOutageReported) {
      const next = loss && !hasOneServer ? 'connecting to the next server' : 'trying again';
      printToStderr(why.shortCode, `${why.message}; ${next}`);
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
