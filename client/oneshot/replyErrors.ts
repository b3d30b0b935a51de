// The errors of a request that a server did not answer as expected. Their messages are safe to
// display.

import type { WriteCommand } from '../../protocol/commands.ts';
import { formatBytes } from '../abortedError.ts';

/** Longer than any reply of a MOTD server. Error messages end up in logs and mails. */
const MAX_QUOTED_LENGTH = 200;

/** The server sent an unexpected reply, or closed the connection. */
export class RejectedError extends Error {
  override name = 'RejectedError';
  /** The unexpected reply, safe to display; `undefined` if the server sent none. */
  readonly reply: string | undefined;
  /** The command whose change was rejected, if the outcome may still change. */
  readonly command: WriteCommand | undefined;

  constructor(message: string, reply?: string, command?: WriteCommand) {
    super(message);
    this.reply = reply;
    this.command = command;
  }
}

/** A bridge rejected the WebSocket, or the server at that URL is not a bridge. */
export class BridgeRejectedError extends RejectedError {
  override name = 'BridgeRejectedError';
  /** The status of its HTTP response; 0 if it sent none. */
  readonly status: number;
  /** Whether it was sent a user and a password. */
  readonly hasLogin: boolean;

  constructor(message: string, { status, hasLogin }: { status: number; hasLogin: boolean }) {
    super(message);
    this.status = status;
    this.hasLogin = hasLogin;
  }
}

/** The server closed the connection. */
export class ClosedError extends RejectedError {
  override name = 'ClosedError';
  readonly hasSentLine: boolean;

  /**
   * @param hasSentLine Whether the server had sent a complete line.
   * @param receivedBytes Everything received on the connection.
   */
  constructor({ hasSentLine, receivedBytes }: { hasSentLine: boolean; receivedBytes: number }) {
    super(`the server closed the connection${hasSentLine ? '' : afterOnly(receivedBytes)}`);
    this.hasSentLine = hasSentLine;
  }
}

function afterOnly(receivedBytes: number): string {
  return receivedBytes === 0
    ? ' and sent nothing'
    : ` after ${formatBytes(receivedBytes)}, without a complete reply`;
}

/** The server sent a line that is longer than any reply. */
export class LineTooLongError extends RejectedError {
  override name = 'LineTooLongError';

  constructor(maxBytes: number) {
    super(`the server sent a line of more than ${maxBytes} bytes`);
  }
}

/** The server rejected the request, and another server of the same store would reject it too. */
export class DeniedError extends RejectedError {
  override name = 'DeniedError';
}

/** A change was sent, and the connection was lost before the reply. */
export class OutcomeUnknownError extends Error {
  override name = 'OutcomeUnknownError';
  readonly command: WriteCommand;

  constructor(command: WriteCommand, options: ErrorOptions) {
    super(`${command} was sent, but no complete reply arrived`, options);
    this.command = command;
  }
}

/**
 * @param reply Safe to display.
 * @param command The command that awaited a reply to its change.
 */
export function rejectedError(reply: string, command?: WriteCommand): RejectedError {
  return new RejectedError(quote(reply), reply, command);
}

/** @param reply Safe to display. */
export function deniedError(reply: string): DeniedError {
  return new DeniedError(quote(reply), reply);
}

function quote(reply: string): string {
  const isShort = reply.length <= MAX_QUOTED_LENGTH;
  return `the server replied: ${isShort ? reply : `${reply.slice(0, MAX_QUOTED_LENGTH)} …`}`;
}
