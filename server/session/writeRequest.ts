// Parses the line after a write command (PROTOCOL.md, "Commands").

import type { WriteCommand } from '../../protocol/commands.ts';
import { isPlainText } from '../../protocol/plainText.ts';
import { REPLY, type Reply } from '../../protocol/replies.ts';
import { type ParsedWindow, parseWindow } from '../../protocol/time.ts';
import { decodeUtf8 } from '../../protocol/utf8.ts';

export type WriteRequest =
  | { readonly is: 'store'; readonly message: string }
  | { readonly is: 'plan'; readonly window: ParsedWindow; readonly message: string }
  /** Ends the window of the entry with this number. */
  | { readonly is: 'cancel'; readonly number: number }
  /** Stores the message if the entry with this number is in force; 0 is the initial message. */
  | { readonly is: 'replace'; readonly number: number; readonly message: string };

// Of white space, only what `trimLine` drops: U+3000 alone is a message.
const WORD = /^(?<word>[^ \t]+)(?:[ \t]+(?<rest>.*))?$/su;

const NUMBER = /^\d{1,15}$/;

/**
 * @param line A byte string, not empty.
 * @returns The request, or the error reply.
 */
export function parseWriteRequest(command: WriteCommand, line: string): WriteRequest | Reply {
  const text = decodeUtf8(line);
  if (text === undefined || !isPlainText(text)) return REPLY.notPlainText;
  if (command === 'MSGSTORE') return { is: 'store', message: text };
  const { word = '', rest: message } = WORD.exec(text)?.groups ?? {};
  if (command === 'MSGPLAN') return parsePlan(word, message);
  if (!NUMBER.test(word)) return REPLY.badNumber;
  const number = Number(word);
  if (command === 'MSGREPLACE') {
    return message === undefined ? REPLY.noText : { is: 'replace', number, message };
  }
  return message === undefined ? { is: 'cancel', number } : REPLY.badNumber;
}

function parsePlan(word: string, message: string | undefined): WriteRequest | Reply {
  const window = parseWindow(word);
  if (typeof window === 'string') return window;
  return message === undefined ? REPLY.noText : { is: 'plan', window, message };
}
