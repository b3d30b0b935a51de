// Every reply the server can send (PROTOCOL.md, "Replies"). Each is one line.

export const REPLY = {
  ok: '200 OK',
  shutdownAccepted: '200 OKAY',
  passwordRequired: '300 PASSWORD REQUIRED',
  wrongPassword: '301 WRONG PASSWORD',
  unknownCommand: '400 UNKNOWN COMMAND',
  badNumber: '400 BAD NUMBER',
  noText: '400 NO TEXT',
  noSuchMessage: '404 NO SUCH MESSAGE',
  changed: '409 CHANGED',
  expectedMessage: 'EXPECTED MOTD, RECEIVED COMMAND',
  lineTooLong: '413 LINE TOO LONG',
  tooManyConnections: '421 TOO MANY CONNECTIONS',
  tooManyWrongPasswords: '421 TOO MANY WRONG PASSWORDS',
  idleTooLong: '421 IDLE TOO LONG',
  shuttingDown: '421 SERVER SHUTTING DOWN',
  badTime: '424 BAD TIME',
  noTimeZone: '424 BAD TIME: NO TIME ZONE',
  endNotAfterStart: '424 BAD TIME: END NOT AFTER START',
  inThePast: '424 BAD TIME: IN THE PAST',
  tooFarAway: '424 BAD TIME: OVER 10 YEARS AWAY',
  notPlainText: '422 NOT PLAIN TEXT',
  storeUnavailable: '503 STORE UNAVAILABLE',
  tooManyPlanned: '507 TOO MANY PLANNED MESSAGES',
} as const;

/** `200 OK 17`: the number of the entry that was stored. */
export type NumberedReply = `${typeof REPLY.ok} ${number}`;

export type Reply = (typeof REPLY)[keyof typeof REPLY] | NumberedReply;

const CLOSING_REPLIES: ReadonlySet<string> = new Set([
  REPLY.tooManyConnections,
  REPLY.tooManyWrongPasswords,
  REPLY.idleTooLong,
  REPLY.shuttingDown,
]);

/** Whether the server closes the connection after a reply, whatever the command was. */
export function isClosingReply(reply: string): boolean {
  return CLOSING_REPLIES.has(reply);
}

/** Whether a server does not know the command. The reply of the original is worded differently. */
export function isUnknownCommand(reply: string): boolean {
  return reply.startsWith('400 ') && reply !== REPLY.badNumber && reply !== REPLY.noText;
}

/** What a reply means for a user. */
export type ReplyClass = 'success' | 'question' | 'failure';

/**
 * Classifies a reply by its number, so that those of a newer server are known, too.
 *
 * `300 PASSWORD REQUIRED` is a question: nothing has failed, and the command goes on. The other
 * replies from 300 on have done nothing of what was asked.
 *
 * @returns `undefined` for a line that is no reply.
 */
export function classifyReply(reply: string): ReplyClass | undefined {
  if (reply === REPLY.passwordRequired) return 'question';
  if (reply === REPLY.expectedMessage || /^[345]\d\d /.test(reply)) return 'failure';
  return /^2\d\d /.test(reply) ? 'success' : undefined;
}

/** The line after the last one of MSGHIST, MSGLIST and MSGPLANS. */
export const END_OF_LIST = '.';
