// Asks the servers that a client was given, and describes why none of them answered.

import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { formatEndpoint } from '../access/endpoint.ts';
import { connectFailure } from '../access/systemErrors.ts';
import { SocketPathError } from '../access/unixSocket.ts';
import { AbortedError, describeProgress } from '../client/abortedError.ts';
import { openConnection, type ServerAddress, type ServerConnection } from '../client/connect.ts';
import type { Deadline } from '../client/oneshot/deadline.ts';
import { type Failure, type RaceResult, raceServers } from '../client/oneshot/raceServers.ts';
import {
  BridgeRejectedError,
  OutcomeUnknownError,
  RejectedError,
} from '../client/oneshot/replyErrors.ts';
import type { WriteCommand } from '../protocol/commands.ts';
import { REPLY } from '../protocol/replies.ts';
import { CliError, connectError, describeConnectError, type ServerKind } from './cliError.ts';
import { CertificateResetError, explainRejection, unavailableAdvice } from './explainRejection.ts';
import { lookupInChild } from './lookupInChild.ts';
import { bridgeLoginOf } from './options/bridgeLogin.ts';
import type { ServersOptions } from './options/clientOptions.ts';
import { clientTlsOf, usesTls } from './options/clientTls.ts';

/** What is not known if no reply to a change arrived. */
const UNKNOWN_OUTCOME: Record<WriteCommand, string> = {
  MSGSTORE: 'it may or may not be stored; check with motd get',
  MSGREPLACE: 'it may or may not be stored; check with motd get',
  MSGPLAN: 'it may or may not be planned; check with motd plans',
  MSGCANCEL: 'it may or may not be canceled; check with motd plans',
};

const NO_LINE_END_ADVICE =
  '; if it is the original server, which sends no line ends, use motd connect --compat original';

/** Statuses of a bridge after which the same request may succeed (RFC 6585, RFC 9110). */
const TEMPORARY_STATUSES = [408, 429];

/** An answer, and its connection, which the caller must close. */
export interface ConnectedAnswer<Answer> {
  socket: ServerConnection;
  answer: Answer;
}

/**
 * Connects to the servers and asks them until one answers. Closes the connections to the others.
 *
 * @param question Asks one server. It may run for several servers at the same time.
 */
export async function askServers<Answer>(
  options: ServersOptions,
  deadline: Deadline,
  question: (socket: ServerConnection) => Promise<Answer>,
): Promise<RaceResult<ConnectedAnswer<Answer>>> {
  const open = await serverOpener(options);
  const ask = async (server: ServerAddress, signal: AbortSignal) => {
    const socket = await open(server, signal);
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
 * Makes a function that connects to a server, directly or through a bridge.
 *
 * @throws CliError if a file that a server needs cannot be read. The function throws as `openConnection`
 *   and `openBridgeConnection` do.
 */
export async function serverOpener(options: ServersOptions) {
  const clientTls = await clientTlsOf(options);
  const login = bridgeLoginOf(options);
  return async (server: ServerAddress, signal?: AbortSignal): Promise<ServerConnection> => {
    const socketPath = socketPathOf(server);
    if (socketPath !== undefined) requireSocket(socketPath);
    if ('path' in server) return openConnection(server, signal);
    const host = 'url' in server ? server.url.hostname : server.host;
    // Only a lookup in another process can be aborted.
    const lookup = signal && isIP(host) === 0 ? lookupInChild(signal) : undefined;
    const tls = usesTls(server, options) ? clientTls : undefined;
    if (!('url' in server)) return openConnection({ ...server, tls, lookup }, signal);
    const { openBridgeConnection } = await import('../client/bridgeConnection.ts');
    const opening = openBridgeConnection({ ...server, login, tls, lookup }, signal);
    return opening.catch((error: unknown) => {
      throw tls?.cert && connectFailure(error) === 'reset' ? resetWithCertificate() : error;
    });
  };
}

/** Node closes a connection whose client certificate it does not accept, without a TLS alert. */
function resetWithCertificate(): CertificateResetError {
  return new CertificateResetError(
    'the bridge reset the connection; it may not accept the certificate of --tls-cert',
  );
}

/** @returns The path of the Unix socket that a server, or its bridge, listens on. */
function socketPathOf(server: ServerAddress): string | undefined {
  if ('path' in server) return server.path;
  const isUnix = 'url' in server && server.url.protocol === 'ws+unix:';
  return isUnix ? server.url.pathname.split(':')[0] : undefined;
}

/**
 * Checks that a file is a socket. connect(2) also reports that nothing listens if it is not.
 *
 * @throws Node's error if there is no such file; SocketPathError if it is not a socket.
 */
function requireSocket(path: string): void {
  if (!statSync(path).isSocket()) throw new SocketPathError('ENOTSOCK');
}

/** @returns `HOST:PORT`, `unix:PATH`, or the URL. */
export function formatServer(server: ServerAddress): string {
  return 'url' in server ? server.url.href : formatEndpoint(server);
}

/** The options of a command that its errors name. */
export interface NamedOptions extends Pick<ServersOptions, 'tlsSwitch'> {
  /** The time allowed, in seconds. */
  timeout: number;
}

/** Describes in one line why a server did not do what it was asked. */
export function cliErrorFor(failure: Failure, { timeout, tlsSwitch }: NamedOptions): unknown {
  const { server, error } = failure;
  const where = formatServer(server);
  const options = { cause: error };
  if (error instanceof OutcomeUnknownError) {
    const what = error.command === 'MSGCANCEL' ? 'its number' : 'the message';
    const outcome = UNKNOWN_OUTCOME[error.command];
    return new CliError(
      'outcome-unknown',
      `${where}: ${what} was sent, but no complete reply arrived: ${outcome}`,
      options,
    );
  }
  const missed = describeMissedDeadline(failure);
  if (missed !== undefined) {
    const advice = isWithoutLineEnd(failure) ? NO_LINE_END_ADVICE : '';
    return new CliError(
      'no-answer',
      `no answer within ${timeout} s: ${where} ${missed}; allow more with --timeout${advice}`,
      options,
    );
  }
  if (error instanceof RejectedError) {
    const { shortCode, advice } = explainRejection(error, server);
    return new CliError(shortCode, `${where}: ${error.message}${advice}`, options);
  }
  return connectError(error, where, kindOf(server), tlsSwitch);
}

function kindOf(server: ServerAddress): ServerKind {
  if ('url' in server) return 'bridge';
  return 'path' in server ? 'socket' : 'tcp';
}

/**
 * Describes in one line why none of the servers did what it was asked.
 *
 * @param summary Precedes the descriptions of several servers.
 */
export function cliErrorForAll(
  failures: readonly Failure[],
  summary: string,
  named: NamedOptions,
): unknown {
  const [only, ...others] = failures;
  if (only !== undefined && others.length === 0) return cliErrorFor(only, named);
  const each = failures.map(
    (failure) => `${formatServer(failure.server)} ${describeFailure(failure)}`,
  );
  const unavailable = failures.map(({ error }) => error).find(isStoreUnavailable);
  const text = `${summary}: ${each.join('; ')}`;
  const options = { cause: failures };
  if (unavailable === undefined) return new CliError('no-server', text, options);
  return new CliError('store-unavailable', text + unavailableAdvice(unavailable), options);
}

/**
 * Whether asking again does not help: every server lacks the command, or is behind a bridge that
 * rejects the request itself. A wrong password that is repeated would block its user.
 */
export function isPermanent(failures: readonly Failure[]): boolean {
  return failures.every(({ error }) => {
    if (!(error instanceof BridgeRejectedError)) return replyOf(error) === REPLY.unknownCommand;
    return error.status < 500 && !TEMPORARY_STATUSES.includes(error.status);
  });
}

function isStoreUnavailable(error: unknown): error is RejectedError {
  return replyOf(error) === REPLY.storeUnavailable;
}

function replyOf(error: unknown): string | undefined {
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

/** Whether the server had sent something, but no line end, when the deadline passed. */
function isWithoutLineEnd({ error }: Failure): boolean {
  return error instanceof AbortedError && error.progress.is === 'awaitingLineEnd';
}

/** @returns A predicate for the server. */
function describeFailure(failure: Failure): string {
  const { error, elapsedMs } = failure;
  const missed = describeMissedDeadline(failure);
  if (missed !== undefined) {
    const inTime = elapsedMs === undefined ? '' : ` in ${(elapsedMs / 1000).toFixed(1)} s`;
    return missed + inTime;
  }
  if (error instanceof RejectedError) return error.message.replace(/^the (?:server|bridge) /, '');
  return describeConnectError(error);
}
