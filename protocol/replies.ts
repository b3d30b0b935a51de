// Every reply the server can send (PROTOCOL.md, "Replies"). Each is one line.

export const REPLY = {
  ok: '200 OK',
  shutdownAccepted: '200 OKAY',
  passwordRequired: '300 PASSWORD REQUIRED',
  wrongPassword: '301 WRONG PASSWORD',
  unknownCommand: '400 UNKNOWN COMMAND',
  expectedMessage: 'EXPECTED MOTD, RECEIVED COMMAND',
  lineTooLong: '413 LINE TOO LONG',
  tooManyConnections: '421 TOO MANY CONNECTIONS',
  tooManyWrongPasswords: '421 TOO MANY WRONG PASSWORDS',
  idleTooLong: '421 IDLE TOO LONG',
  shuttingDown: '421 SERVER SHUTTING DOWN',
  notPlainText: '422 NOT PLAIN TEXT',
  storeUnavailable: '503 STORE UNAVAILABLE',
} as const;

export type Reply = (typeof REPLY)[keyof typeof REPLY];

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

/** The line after the last message of MSGHIST. */
export const END_OF_HISTORY = '.';
