// What the reply of a server, or of a bridge, means to the user of a client command: its short code,
// and what to do.

import type { ServerAddress } from '../client/connect.ts';
import {
  BridgeRejectedError,
  ClosedError,
  LineTooLongError,
  RejectedError,
} from '../client/oneshot/replyErrors.ts';
import { REPLY } from '../protocol/replies.ts';
import type { ShortCode } from './shortCodes.ts';

/**
 * The server itself may not know whether the message was stored (PROTOCOL.md, "Several servers, one
 * message").
 */
const STORE_UNAVAILABLE_ADVICE =
  '; the message is not in force, but may still be stored when the store recovers: ' +
  'check with motd get before you try again';

/** The same, for a change to the planned messages. */
const PLAN_UNAVAILABLE_ADVICE =
  '; nothing is changed, but the change may still be made when the store recovers: ' +
  'check with motd plans before you try again';

const SENT_NOTHING_ADVICE =
  '; if the server uses TLS, pass --tls; if it is a load balancer, check the servers behind it';

const SOCKET_SENT_NOTHING_ADVICE =
  '; if the server uses TLS, start it without --tls-cert: clients use none over a Unix socket';

/** A bridge reset the connection of a client that presented a certificate. */
export class CertificateResetError extends RejectedError {
  override name = 'CertificateResetError';
}

export interface Explanation {
  shortCode: ShortCode;
  /** To append to the reply; empty if the reply is clear enough. */
  advice: string;
}

export function explainRejection(error: RejectedError, server: ServerAddress): Explanation {
  if (error instanceof BridgeRejectedError) return explainBridge(error);
  if (error instanceof ClosedError) {
    return { shortCode: 'connection-closed', advice: closedAdvice(error, server) };
  }
  if (error instanceof CertificateResetError)
    return { shortCode: 'client-certificate', advice: '' };
  if (error instanceof LineTooLongError) return { shortCode: 'not-a-message-server', advice: '' };
  if (error.reply === undefined) return { shortCode: 'connection-closed', advice: '' };
  if (error.reply.startsWith('HTTP/')) {
    const url = 'path' in server ? `ws+unix:${server.path}:/ws` : 'ws://HOST:PORT/ws';
    const advice = `; a web server listens there: if it is a bridge, use --url ${url}`;
    return { shortCode: 'not-a-message-server', advice };
  }
  return explainReply(error);
}

function closedAdvice({ hasSentLine }: ClosedError, server: ServerAddress): string {
  if (hasSentLine || 'url' in server) return '';
  return 'path' in server ? SOCKET_SENT_NOTHING_ADVICE : SENT_NOTHING_ADVICE;
}

function explainReply(error: RejectedError): Explanation {
  switch (error.reply) {
    case REPLY.passwordRequired:
      return { shortCode: 'wrong-password', advice: '; set MOTD_STORE_PASSWORD' };
    case REPLY.wrongPassword:
      return { shortCode: 'wrong-password', advice: '; check MOTD_STORE_PASSWORD' };
    case REPLY.tooManyWrongPasswords:
      return {
        shortCode: 'wrong-password',
        advice: '; wait 5 s, longer after each further wrong one, then pass the right one',
      };
    case REPLY.expectedMessage:
      return { shortCode: 'invalid-message', advice: '; a message must not be a command' };
    case REPLY.unknownCommand:
      return { shortCode: 'old-server', advice: '; it is of an earlier version: update it' };
    case REPLY.noSuchMessage:
      return {
        shortCode: 'no-such-message',
        advice: '; motd plans prints the numbers of those that are not over',
      };
    case REPLY.changed:
      return {
        shortCode: 'message-changed',
        advice:
          '; another message is in force by now: look at it with motd get --json, then pass its number',
      };
    case REPLY.inThePast:
      return {
        shortCode: 'invalid-window',
        advice: '; compare the clocks of this machine and the server',
      };
    case REPLY.tooManyPlanned:
      return { shortCode: 'too-many-planned', advice: '; cancel some: motd plans' };
    case REPLY.storeUnavailable:
      return { shortCode: 'store-unavailable', advice: unavailableAdvice(error) };
    default:
      return { shortCode: 'server-rejected', advice: '' };
  }
}

/** @param error With the reply `503 STORE UNAVAILABLE`. */
export function unavailableAdvice({ command }: RejectedError): string {
  const isPlan = command === 'MSGPLAN' || command === 'MSGCANCEL';
  return isPlan ? PLAN_UNAVAILABLE_ADVICE : STORE_UNAVAILABLE_ADVICE;
}

function explainBridge({ status, hasLogin }: BridgeRejectedError): Explanation {
  if (status === 401) {
    const advice = hasLogin
      ? '; check --login-file, or MOTD_LOGIN'
      : '; put USER:PASSWORD into a file, and name it with --login-file';
    return { shortCode: 'bridge-login', advice };
  }
  // Anything but an error, from a web server that has no WebSocket there.
  if (status === 404 || status < 400) {
    return {
      shortCode: 'not-a-bridge',
      advice: '; check --url: the path of a bridge ends in /ws',
    };
  }
  return { shortCode: 'bridge-rejected', advice: '' };
}
