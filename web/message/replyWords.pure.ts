// The server's replies to a change, in words for a user.

import { isUnknownCommand, REPLY } from '../../protocol/replies.ts';
import { MAX_PLAN_YEARS } from '../../protocol/time.ts';

const WORDS: ReadonlyMap<string, string> = new Map([
  [REPLY.wrongPassword, 'This is not the store password. Nothing was changed.'],
  [REPLY.changed, 'The message in force has changed: look at it, and try again.'],
  [REPLY.noSuchMessage, 'This message is over, or was canceled already.'],
  [REPLY.noText, 'Type a message.'],
  [REPLY.lineTooLong, 'The message is too long: shorten it.'],
  [REPLY.notPlainText, 'The message holds control characters: remove them.'],
  [REPLY.badTime, 'The server does not accept these times.'],
  [REPLY.noTimeZone, 'The server does not accept these times.'],
  [REPLY.endNotAfterStart, 'The end must be after the start.'],
  [REPLY.inThePast, 'The end has passed already, on the server’s clock.'],
  [REPLY.tooFarAway, `The times are over ${MAX_PLAN_YEARS} years away, on the server’s clock.`],
  [REPLY.tooManyPlanned, 'Too many messages are planned: cancel one first.'],
  [
    REPLY.storeUnavailable,
    'The server cannot store anything now. Look into the history before you try again.',
  ],
  [REPLY.tooManyConnections, 'The server has too many connections: try again later.'],
  [REPLY.tooManyWrongPasswords, 'Too many wrong passwords: try again in some minutes.'],
  [REPLY.shuttingDown, 'The server is stopping: try again later.'],
]);

export function replyWords(reply: string): string {
  const words = WORDS.get(reply);
  if (words !== undefined) return words;
  if (isUnknownCommand(reply)) return 'This server cannot plan messages: it is an older one.';
  return `The server replied: ${reply}`;
}

/** Ends a text with a period, unless it ends a sentence already. */
export function asSentence(text: string): string {
  return /[.?!]$/.test(text) ? text : `${text}.`;
}
