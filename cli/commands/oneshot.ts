// `motd get`, `watch`, `history` and `plans`: they read from the server that answers first.

import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerAddress, ServerConnection } from '../../client/connect.ts';
import { withDeadline } from '../../client/oneshot/deadline.ts';
import { dropStaleMessages } from '../../client/oneshot/dropStaleMessages.ts';
import {
  askForHistory,
  askForList,
  askForPlannedEntries,
  askForPlans,
  askToWatch,
  askToWatchDetails,
  getDetails,
  getMessage,
} from '../../client/oneshot/oneshot.ts';
import { describeWindow } from '../../client/planning/describeWindow.pure.ts';
import { entryJson } from '../../client/replies/entryJson.ts';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import type { Plan } from '../../client/replies/planLine.ts';
import { RetryDelay } from '../../client/retryDelay.ts';
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
    await print(options.json ? lineOf(details) : details.message);
  });
}

/** Prints the history of the server that answers first, one line per message. */
export async function history(options: ReadOptions): Promise<void> {
  if (!options.json) return useFirstAnswer(options, askForList('MSGHIST'), printAll);
  await useFirstAnswer(options, askForHistory, printEntries);
}

/** Prints the planned messages of the server that answers first, one line per message. */
export async function plans(options: ReadOptions): Promise<void> {
  if (options.json) return useFirstAnswer(options, askForPlannedEntries, printEntries);
  await useFirstAnswer(options, askForPlans, async (plans) => {
    for await (const plan of plans) await print(describePlan(plan));
  });
}

function describePlan(plan: Plan): string {
  return `${plan.number} ${describeWindow(plan, localZone())}: ${plan.message}`;
}

function lineOf(entry: StoredEntry): string {
  return JSON.stringify(entryJson(entry));
}

async function printEntries(entries: AsyncIterable<StoredEntry>): Promise<void> {
  for await (const entry of entries) await print(lineOf(entry));
}

async function printAll(lines: AsyncIterable<string>): Promise<void> {
  for await (const line of lines) await print(line);
}

/**
 * Prints the message, and every later one. If the connection is lost, connects to the next server
 * immediately. If no server answers, asks all of them again, with increasing delays.
 */
export function watch(options: ReadOptions): Promise<never> {
  return options.json ? watchAll(options, ENTRIES) : watchAll(options, MESSAGES);
}

/** How each message is requested and printed. */
interface Form<Message> {
  ask: (socket: ServerConnection) => Promise<AsyncGenerator<Message, never>>;
  isSame: (one: Message, other: Message) => boolean;
  lineOf: (message: Message) => string;
}

const MESSAGES: Form<string> = { ask: askToWatch, isSame: Object.is, lineOf: String };
const ENTRIES: Form<StoredEntry> = { ask: askToWatchDetails, isSame: isSameEntry, lineOf };

/** The number of a message that was replaced at once may be unknown. */
function isSameEntry(one: StoredEntry, other: StoredEntry): boolean {
  if (one.message !== other.message) return false;
  return one.number === other.number || one.number === undefined || other.number === undefined;
}

async function watchAll<Message>(options: OneshotOptions, form: Form<Message>): Promise<never> {
  const progress: WatchProgress<Message> = { lastPrinted: undefined };
  exitWhenReaderCloses();
  let { servers } = options;
  const hasOneServer = servers.length === 1;
  const retry = new RetryDelay();
  let isOutageReported = false;
  for (;;) {
    const { loss, failures } = await watchOne({ ...options, servers }, form, progress);
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

interface WatchProgress<Message> {
  /** The message that `motd watch` printed last. */
  lastPrinted: Message | undefined;
}

/**
 * Prints the messages of one server.
 *
 * @returns Why it stopped sending, or why no server answered.
 */
function watchOne<Message>(
  options: OneshotOptions,
  { ask, isSame, lineOf }: Form<Message>,
  progress: WatchProgress<Message>,
) {
  return withDeadline(remainingMs(options), async (deadline) => {
    const { first, failures } = await askServers(options, deadline, ask);
    if (first === undefined) return { failures };
    deadline.cancel();
    const catchUpMs = options.servers.length > 1 ? CATCH_UP_MS : 0;
    const loss = await useAnswer(first, async (messages) => {
      for await (const message of dropStaleMessages(
        progress.lastPrinted,
        { messages, isSame },
        catchUpMs,
      )) {
        await print(lineOf(message));
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
