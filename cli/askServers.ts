// The servers a client was told of: asks them, and says in words why none of them answered.

import { isIP, type Socket } from 'node:net';
import { formatEndpoint } from '../access/endpoint.ts';
import { AbortedError, describeProgress } from '../client/abortedError.ts';
import { openConnection, type Server } from '../client/connect.ts';
import type { Deadline } from '../client/oneshot/deadline.ts';
import { ClosedError, OutcomeUnknownError, RefusedError } from '../client/oneshot/oneshot.ts';
import { type Failure, type RaceResult, raceServers } from '../client/oneshot/raceServers.ts';
import { REPLY } from '../protocol/replies.ts';
import { CliError, connectError, connectErrorInShort } from './cliError.ts';
import { lookupInChild } from './lookupInChild.ts';
import type { ServersOptions, TlsClientOptions } from './options/clientOptions.ts';
import { tlsOf } from './options/tlsFiles.ts';

/** The server may not know itself whether it was stored (PROTOCOL.md, "Several servers"). */
const NOT_IN_FORCE =
  '; it is not in force now, and may be stored all the same once the store is back: ' +
  'look later with motd get, and try again';

const NEVER_SPOKE =
  '; where it speaks TLS, say --tls; where it is a load balancer, nobody may be behind it';

/** An answer, and the connection it came over, which is the caller's to close. */
export interface Answered<Answer> {
  socket: Socket;
  answer: Answer;
}

/**
 * Connects to the servers, and asks them until one answers; the others' connections are closed.
 *
 * @param question Asks one server; it may be asked of several at the same time.
 */
export function askServers<Answer>(
  options: ServersOptions & TlsClientOptions,
  time: Deadline,
  question: (socket: Socket) => Promise<Answer>,
): Promise<RaceResult<Answered<Answer>>> {
  const tls = tlsOf(options);
  const ask = async ({ host, port }: Server, signal: AbortSignal) => {
    const lookup = isIP(host) === 0 ? lookupInChild(signal) : undefined;
    const socket = await openConnection({ host, port, tls, lookup }, signal);
    try {
      return { socket, answer: await question(socket) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  return raceServers(options.servers, ask, time);
}

/**
 * Says in a line why a server did not do what it was asked.
 *
 * @param timeout The time allowed, in seconds.
 */
export function failureError(failure: Failure, timeout: number): unknown {
  const { server, error } = failure;
  const where = formatEndpoint(server);
  const options = { cause: error };
  if (error instanceof OutcomeUnknownError) {
    return new CliError(
      `${where}: the message was sent, and no complete reply came: it may be stored, or not`,
      options,
    );
  }
  const shortfall = shortfallOf(failure);
  if (shortfall !== undefined) {
    return new CliError(
      `no answer within ${timeout} s: ${where} ${shortfall}; allow more with --timeout`,
      options,
    );
  }
  if (error instanceof RefusedError) {
    return new CliError(`${where}: ${error.message}${adviceFor(error)}`, options);
  }
  return connectError(error, where);
}

/**
 * Says in a line why none of the servers did what it was asked.
 *
 * @param summary What to say where there are several, before each of them is named.
 * @param timeout The time allowed, in seconds.
 */
export function allFailedError(
  failures: readonly Failure[],
  summary: string,
  timeout: number,
): unknown {
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) return failureError(only, timeout);
  const each = failures.map((failure) => `${formatEndpoint(failure.server)} ${inShort(failure)}`);
  const advice = failures.some(isStoreUnavailable) ? NOT_IN_FORCE : '';
  return new CliError(`${summary}: ${each.join('; ')}${advice}`, { cause: failures });
}

/** Whether all of them are servers that do not know the command: asking again will not help. */
export function noneKnowsCommand(failures: readonly Failure[]): boolean {
  return failures.every(
    ({ error }) => error instanceof RefusedError && error.message.endsWith(REPLY.unknownCommand),
  );
}

function isStoreUnavailable({ error }: Failure): boolean {
  return error instanceof RefusedError && error.message.endsWith(REPLY.storeUnavailable);
}

/** What a server did not do in time, if that is why it failed; as a sentence about it goes on. */
function shortfallOf({ error, askedMs }: Failure): string | undefined {
  if (askedMs === undefined) return 'was not asked in time';
  return error instanceof AbortedError ? describeProgress(error.progress) : undefined;
}

function inShort(failure: Failure): string {
  const { error, askedMs } = failure;
  const shortfall = shortfallOf(failure);
  if (shortfall !== undefined) {
    const inTime = askedMs === undefined ? '' : ` in ${(askedMs / 1000).toFixed(1)} s`;
    return shortfall + inTime;
  }
  if (error instanceof RefusedError) return error.message.replace(/^the server /, '');
  return connectErrorInShort(error);
}

/** What to do about a refusal, where the server's own words do not say it. */
function adviceFor(error: RefusedError): string {
  const { message } = error;
  if (message.endsWith(REPLY.passwordRequired)) return '; say it with --store-password';
  if (message.endsWith(REPLY.expectedMessage)) return '; a message cannot be a command';
  if (message.endsWith(REPLY.storeUnavailable)) return NOT_IN_FORCE;
  const isSilent = error instanceof ClosedError && !error.hadSpoken;
  return isSilent ? NEVER_SPOKE : '';
}
