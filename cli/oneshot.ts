// `motd get`, `set`, `watch` and `history`: for scripts, cron jobs and login shells. What was asked
// for on standard output, everything else on standard error, and never longer than the time allowed.

import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from '../client/connect.ts';
import {
  getMessage,
  OutcomeUnknownError,
  RefusedError,
  setMessage,
  tellHistory,
  watchMessage,
} from '../client/oneshot.ts';
import { REPLY } from '../protocol/replies.ts';
import { hostAndPort } from '../server/address.ts';
import { lookupApart } from './lookupApart.ts';
import { connectError, OperatorError } from './operatorError.ts';
import type { AddressOptions, TlsClientOptions } from './options.ts';
import { tlsOf } from './tlsFiles.ts';

/** The first attempt to connect again comes after this, each further one after up to twice as long. */
const FIRST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 30_000;

export interface OneshotOptions extends AddressOptions, TlsClientOptions {
  /** In seconds. */
  timeout: number;
}

export interface SetOptions extends OneshotOptions {
  message?: string;
  storePassword?: string;
}

/** Prints the message. */
export async function get(options: OneshotOptions): Promise<void> {
  await print(await ask(options, getMessage));
}

/** Changes the message to `--message`, or to the line on standard input. */
export async function set(options: SetOptions): Promise<void> {
  const message = options.message ?? (await messageOnStdin());
  await ask(options, (socket) => setMessage(socket, message, options.storePassword));
}

/** Prints the history, a line each. */
export async function history(options: OneshotOptions): Promise<void> {
  await ask(options, async (socket) => {
    for await (const line of tellHistory(socket)) await print(line);
  });
}

/** Prints the message, and each later one; connects again whenever the connection is lost. */
export async function watch(options: OneshotOptions): Promise<never> {
  let printed: string | undefined;
  let retryMs = FIRST_RETRY_MS;
  for (;;) {
    let isFirst = true;
    const lost = await ask(options, async (socket, answered) => {
      for await (const message of watchMessage(socket)) {
        answered();
        retryMs = FIRST_RETRY_MS;
        const isOld = isFirst && message === printed;
        isFirst = false;
        if (isOld) continue;
        await print(message);
        printed = message;
      }
    }).catch((error: unknown) => error);
    if (!(lost instanceof OperatorError) || isForeign(lost)) throw lost;

    // Once an outage: a cron mail should not hold a thousand lines.
    if (retryMs === FIRST_RETRY_MS) complain(`${lost.message}; trying again`);
    await sleep(retryMs * (0.5 + Math.random() / 2));
    retryMs = Math.min(retryMs * 2, SLOWEST_RETRY_MS);
  }
}

/**
 * Connects, has a question answered, and closes.
 *
 * @param question Calls `answered` where the time allowed is only for what came before.
 * @throws OperatorError where there is no answer, or none in time.
 */
async function ask<Answer>(
  options: OneshotOptions,
  question: (socket: Socket, answered: () => void) => Promise<Answer>,
): Promise<Answer> {
  const { host, port, timeout } = options;
  const where = hostAndPort({ address: host, port });
  const tls = tlsOf(options);
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), timeout * 1000);
  try {
    const lookup = isIP(host) === 0 ? lookupApart(late.signal) : undefined;
    const socket = await openConnection({ host, port, tls, lookup }, late.signal);
    try {
      return await question(socket, () => clearTimeout(timer));
    } finally {
      socket.destroy();
    }
  } catch (error) {
    throw refusal(error, where, late.signal.aborted ? timeout : undefined);
  } finally {
    clearTimeout(timer);
  }
}

/** @param lateAfter The time allowed, in seconds, where it has run out. */
function refusal(error: unknown, where: string, lateAfter: number | undefined): unknown {
  const options = { cause: error };
  if (error instanceof OutcomeUnknownError) {
    return new OperatorError(
      `${where}: the message was sent, and no answer came: it may be stored, or not`,
      options,
    );
  }
  if (lateAfter !== undefined) {
    return new OperatorError(
      `no answer: ${where} said nothing for ${lateAfter} s; allow more with --timeout`,
      options,
    );
  }
  if (error instanceof RefusedError)
    return new OperatorError(`${where}: ${error.message}`, options);
  return connectError(error, where);
}

/** Whether it is a server that knows no MSGWATCH: asking again will not help. */
function isForeign({ cause }: OperatorError): boolean {
  return cause instanceof RefusedError && cause.message.endsWith(REPLY.unknownCommand);
}

/** The one line on standard input; at a terminal, what is typed until Enter. */
async function messageOnStdin(): Promise<string> {
  const { stdin } = process;
  const lines: string[] = [];
  for await (const line of createInterface({ input: stdin })) {
    if (line.trim() !== '') lines.push(line);
    if (stdin.isTTY || lines.length > 1) break;
  }
  const [message] = lines;
  if (message === undefined)
    throw new OperatorError('no message: give one with -m, or on standard input');
  if (lines.length > 1) throw new OperatorError('a message is one line; standard input has more');
  return message;
}

/** Writes a line, and waits for a reader that is slow. */
async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

function complain(line: string): void {
  process.stderr.write(`motd: ${line}\n`);
}
