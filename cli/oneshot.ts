// `motd get`, `set`, `watch` and `history`: for scripts, cron jobs and login shells. What was asked
// for on standard output, everything else on standard error,
// and never longer than the time allowed.

import { once } from 'node:events';
import { isIP, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openConnection } from '../client/connect.ts';
import {
  getMessage,
  OutcomeUnknownError,
  RefusedError,
  SERVER_CLOSED,
  setMessage,
  tellHistory,
  watchMessage,
} from '../client/oneshot.ts';
import { MAX_LINE_BYTES } from '../protocol/lines.ts';
import { REPLY } from '../protocol/replies.ts';
import { decodeUtf8 } from '../protocol/utf8.ts';
import { hostAndPort } from '../server/address.ts';
import { lookupApart } from './lookupApart.ts';
import { connectError, OperatorError } from './operatorError.ts';
import { type AddressOptions, lineIn, type TlsClientOptions } from './options.ts';
import { tlsOf } from './tlsFiles.ts';

/**
 * The first attempt to connect again comes after this, each further one after up to twice as long.
 */
const FIRST_RETRY_MS = 500;
const SLOWEST_RETRY_MS = 30_000;

/** More than this is no message, however it goes on. */
const MAX_INPUT_BYTES = 64 * 1024;

/** What starting took: the time allowed is the person's, not ours. */
const SPENT_MS = performance.now();

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
  const timer = setTimeout(() => late.abort(), Math.max(timeout * 1000 - SPENT_MS, 1));
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
  if (error instanceof RefusedError) {
    return new OperatorError(`${where}: ${error.message}${adviceFor(error)}`, options);
  }
  return connectError(error, where);
}

/** What to do about a refusal, where the server's own words do not say it. */
function adviceFor({ message }: RefusedError): string {
  if (message.endsWith(REPLY.passwordRequired)) return '; say it with --store-password';
  if (message.endsWith(REPLY.expectedMessage)) return '; a message cannot be a command';
  if (message === SERVER_CLOSED) return '; where it speaks TLS, say --tls';
  return '';
}

/** Whether it is a server that knows no MSGWATCH: asking again will not help. */
function isForeign({ cause }: OperatorError): boolean {
  return cause instanceof RefusedError && cause.message.endsWith(REPLY.unknownCommand);
}

/** The one line on standard input; at a terminal, what is typed until Enter. */
async function messageOnStdin(): Promise<string> {
  const { stdin } = process;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stdin) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (stdin.isTTY || bytes > MAX_INPUT_BYTES) break;
  }
  const line = messageIn(Buffer.concat(chunks));
  if (line !== undefined) return line;
  throw new OperatorError(
    `a message is one line of plain text, 1 to ${MAX_LINE_BYTES} bytes; give it with -m, or on standard input`,
  );
}

/** @returns `undefined` where it is none: text that is not UTF-8 is refused, not mended. */
function messageIn(bytes: Buffer): string | undefined {
  const text = decodeUtf8(bytes.toString('latin1'));
  return text === undefined ? undefined : lineIn(text);
}

/** Writes a line, and waits for a reader that is slow. */
async function print(line: string): Promise<void> {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
}

function complain(line: string): void {
  process.stderr.write(`motd: ${line}\n`);
}
