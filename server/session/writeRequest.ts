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
  switch (command) {
    case 'MSGSTORE':
      return { is: 'store', message: text };
    case 'MSGPLAN':
      return parsePlan(text);
    case 'MSGCANCEL':
      return NUMBER.test(text) ? { is: 'cancel', number: Number(text) } : REPLY.badNumber;
    case 'MSGREPLACE':
      return parseReplacement(text);
    default:
      return command satisfies never;
  }
}

function parsePlan(text: string): WriteRequest | Reply {
  const { word, rest: message } = splitWord(text);
  const window = parseWindow(word);
  if (typeof window === 'string') return window;
  return message === undefined ? REPLY.noText : { is: 'plan', window, message };
}

function parseReplacement(text: string): WriteRequest | Reply {
  const { word, rest: message } = splitWord(text);
  if (!NUMBER.test(word)) return REPLY.badNumber;
  return message === undefined ? REPLY.noText : { is: 'replace', number: Number(word), message };
}

function splitWord(text: string): { word: string; rest: string | undefined } {
  const { word = '', rest } = WORD.exec(text)?.groups ?? {};
  return { word, rest };
}
