// Asks the servers that a client was given, and describes why none of them answered.

import { isIP, type Socket } from 'node:net';
import { formatEndpoint } from '../access/endpoint.ts';
import { AbortedError, describeProgress } from '../client/abortedError.ts';
import { openConnection, type ServerEndpoint } from '../client/connect.ts';
import type { Deadline } from '../client/oneshot/deadline.ts';
import { type Failure, type RaceResult, raceServers } from '../client/oneshot/raceServers.ts';
import { ClosedError, OutcomeUnknownError, RejectedError } from '../client/oneshot/replyErrors.ts';
import { REPLY } from '../protocol/replies.ts';
import { CliError, connectError, describeConnectError } from './cliError.ts';
import { lookupInChild } from './lookupInChild.ts';
import type { ServersOptions, TlsClientOptions } from './options/clientOptions.ts';
import { clientTlsOf } from './options/clientTls.ts';

/**
 * The server itself may not know whether the message was stored (PROTOCOL.md, "Several servers, one
 * message").
 */
const STORE_UNAVAILABLE_ADVICE =
  '; the message is not in force, but may still be stored when the store recovers: ' +
  'check with motd get before you try again';

const SENT_NOTHING_ADVICE =
  '; if the server uses TLS, pass --tls; if it is a load balancer, check the servers behind it';

/** An answer, and its connection, which the caller must close. */
export interface ConnectedAnswer<Answer> {
  socket: Socket;
  answer: Answer;
}

/**
 * Connects to the servers and asks them until one answers. Closes the connections to the others.
 *
 * @param question Asks one server. It may run for several servers at the same time.
 */
export function askServers<Answer>(
  options: ServersOptions & TlsClientOptions,
  deadline: Deadline,
  question: (socket: Socket) => Promise<Answer>,
): Promise<RaceResult<ConnectedAnswer<Answer>>> {
  const tls = clientTlsOf(options);
  const ask = async ({ host, port }: ServerEndpoint, signal: AbortSignal) => {
    const lookup = isIP(host) === 0 ? lookupInChild(signal) : undefined;
    const socket = await openConnection({ host, port, tls, lookup }, signal);
    try {
      return { socket, answer: await question(socket) };
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  return raceServers(options.servers, ask, deadline);
}

/**
 * Describes in one line why a server did not do what it was asked.
 *
 * @param timeout The time allowed, in seconds.
 */
export function cliErrorFor(failure: Failure, timeout: number): unknown {
  const { server, error } = failure;
  const where = formatEndpoint(server);
  const options = { cause: error };
  if (error instanceof OutcomeUnknownError) {
    return new CliError(
      `${where}: the message was sent, but no complete reply arrived: ` +
        'it may or may not be stored; check with motd get',
      options,
    );
  }
  const missed = describeMissedDeadline(failure);
  if (missed !== undefined) {
    return new CliError(
      `no answer within ${timeout} s: ${where} ${missed}; allow more with --timeout`,
      options,
    );
  }
  if (error instanceof RejectedError) {
    return new CliError(`${where}: ${error.message}${adviceFor(error)}`, options);
  }
  return connectError(error, where);
}

/**
 * Describes in one line why none of the servers did what it was asked.
 *
 * @param summary Precedes the descriptions of several servers.
 * @param timeout The time allowed, in seconds.
 */
export function cliErrorForAll(
  failures: readonly Failure[],
  summary: string,
  timeout: number,
): unknown {
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) return cliErrorFor(only, timeout);
  const each = failures.map(
    (failure) => `${formatEndpoint(failure.server)} ${describeFailure(failure)}`,
  );
  const advice = failures.some(isStoreUnavailable) ? STORE_UNAVAILABLE_ADVICE : '';
  return new CliError(`${summary}: ${each.join('; ')}${advice}`, { cause: failures });
}

/** Whether every server lacks the command: asking again does not help. */
export function noneKnowsCommand(failures: readonly Failure[]): boolean {
  return failures.every((failure) => replyIn(failure) === REPLY.unknownCommand);
}

function isStoreUnavailable(failure: Failure): boolean {
  return replyIn(failure) === REPLY.storeUnavailable;
}

function replyIn({ error }: Failure): string | undefined {
  return error instanceof RejectedError ? error.reply : undefined;
}

/**
 * @returns A predicate for the server: what it had not done when the deadline passed; `undefined`
 *   if it failed for another reason.
 */
function describeMissedDeadline({ error, elapsedMs }: Failure): string | undefined {
  if (elapsedMs === undefined) return 'was not asked in time';
  return error instanceof AbortedError ? describeProgress(error.progress) : undefined;
}

/** @returns A predicate for the server. */
function describeFailure(failure: Failure): string {
  const { error, elapsedMs } = failure;
  const missed = describeMissedDeadline(failure);
  if (missed !== undefined) {
    const inTime = elapsedMs === undefined ? '' : ` in ${(elapsedMs / 1000).toFixed(1)} s`;
    return missed + inTime;
  }
  if (error instanceof RejectedError) return error.message.replace(/^the server /, '');
  return describeConnectError(error);
}

/** @returns Advice to append to a reply; an empty string if the reply is clear enough. */
function adviceFor(error: RejectedError): string {
  switch (error.reply) {
    case REPLY.passwordRequired:
      return '; set MOTD_STORE_PASSWORD';
    case REPLY.expectedMessage:
      return '; a message must not be a command';
    case REPLY.storeUnavailable:
      return STORE_UNAVAILABLE_ADVICE;
    default:
      return error instanceof ClosedError && !error.hasSentLine ? SENT_NOTHING_ADVICE : '';
  }
}
