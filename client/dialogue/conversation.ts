// The interface of a conversation with a peer. Pure: what the user typed and what the peer sent
// come in as calls; what to display and to send comes out as effects. The terminal and the page
// perform the effects.

import { isCommand, type WriteCommand } from '../../protocol/commands.ts';
import { trimLine } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import type { ReplyClass } from '../../protocol/replies.ts';

/**
 * The kind of input that a prompt asks for: for a command that changes something, the line that it
 * awaits. `retry` asks for a command after a wrong password, and users often type the right one
 * there. A `line` is not interpreted. `hidden` is one that the peer asked never to show.
 */
export type PromptKind =
  | 'command'
  | 'retry'
  | WriteCommand
  | 'password'
  | 'storePassword'
  | 'line'
  | 'hidden';

/** Whether the prompt asks for a secret. */
export function isSecret(kind: PromptKind): boolean {
  return kind === 'password' || kind === 'storePassword' || kind === 'hidden';
}

/** `SHUTDOWN 123!abc`: the password on the line of its command. */
const PASSWORD_WITH_COMMAND = /^SHUTDOWN./i;

/** Whether an answer may hold a password: it must be kept out of every history of lines. */
export function isSecretAnswer(kind: PromptKind, text: string): boolean {
  const line = trimLine(text);
  if (kind === 'retry') return line !== '' && !isCommand(line);
  return isSecret(kind) || (kind === 'command' && PASSWORD_WITH_COMMAND.test(line));
}

/** Whether the prompt asks for a command of the message server. */
export function asksForCommand(kind: PromptKind | undefined): boolean {
  return kind === 'command' || kind === 'retry';
}

/** Whether the prompt asks for something new: its answer begins an exchange. */
export function takesCommand(kind: PromptKind | undefined): boolean {
  return asksForCommand(kind) || kind === 'line';
}

/** Whether the prompt asks for the rest of a command: a message, a number, or a password. */
export function continuesCommand(kind: PromptKind | undefined): boolean {
  return kind !== undefined && kind !== 'hidden' && !takesCommand(kind);
}

/**
 * How a conversation ended: as the user requested (`quit`, `shutDown`); because the server rejected
 * this client, and sent the reason; or because the connection was lost.
 */
export type Ending = 'quit' | 'shutDown' | 'rejected' | 'lost';

/**
 * The origin of a line. A `note` comes from the conversation itself. It is in brackets, so that it
 * is not mistaken for a line from the server.
 */
export type Speaker = 'client' | 'server' | 'message' | 'note';

export type Effect =
  /**
   * Display a line. It contains no control character. `colored` is the same line with SGR sequences
   * (colors.ts), for a terminal. `reply` is set if the line is a reply of the message server.
   */
  | { do: 'print'; line: string; speaker: Speaker; colored?: string; reply?: ReplyClass }
  /** Show the prompt, let the user type a line, and pass it to `typed`. */
  | { do: 'ask'; for: PromptKind; prompt: string }
  /** Withdraw the prompt: leave what was typed so far on its line, and start a new one. */
  | { do: 'stopAsking' }
  /** Send text to the peer. Its line end is included. */
  | { do: 'send'; text: string }
  /** The conversation is over. No effect follows. */
  | { do: 'end'; ending: Ending };

/** @param text Not yet escaped. */
export function note(text: string): Effect & { do: 'print' } {
  return { do: 'print', line: `[${escapeControls(text)}]`, speaker: 'note' };
}

export interface Conversation {
  /** The connection is open. */
  start(): Effect[];

  /** The user answered the prompt. Ignored if there is no prompt. */
  typed(text: string): Effect[];

  /** Text arrived from the peer. A chunk may end anywhere. */
  received(text: string): Effect[];

  /** The bridge sent a notice (PROTOCOL.md, "Notices"). */
  notified?(text: string): Effect[];

  /**
   * The connection is closed.
   *
   * @param reason Shown to the user.
   */
  closed(reason: string): Effect[];
}

/**
 * The longest line that is displayed, in characters: bounds the memory for a peer that sends no LF.
 */
export const MAX_SHOWN_LENGTH = 64 * 1024;

/** Displayed instead of a longer line. */
export const TOO_LONG_TO_SHOW = '[a line too long to show]';
