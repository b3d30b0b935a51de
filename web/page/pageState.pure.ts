// The states, events and effects of the page's conversation. pageMachine.pure.ts has the table of moves.

import type { Ending, PromptKind, Speaker } from '../../client/dialogue/conversation.ts';
import type { WriteCommand } from '../../protocol/commands.ts';
import type { ReplyClass } from '../../protocol/replies.ts';
import type { Replaceable } from './replaceable.pure.ts';

export interface Prompt {
  readonly kind: PromptKind;
  readonly text: string;
}

/** A prompt for the line of a command that changes something. */
export interface MessagePrompt extends Prompt {
  readonly kind: WriteCommand;
}

/** A line set aside until a prompt that is not secret. */
export interface Stash {
  readonly line: string;
  /** The prompt of the interrupted message that the line is; `undefined` for another line. */
  readonly messagePrompt: MessagePrompt | undefined;
}

export type Phase =
  /** The first connection is being opened. */
  | { readonly is: 'starting' }
  /**
   * A connection has been opened, and there is no prompt yet, or never, if it is read only.
   *
   * `isQuiet`: the page has reconnected by itself. If the connection fails before anything is sent
   * or received, nothing is printed: the user already knows that it was lost.
   */
  | {
      readonly is: 'opened';
      readonly isQuiet: boolean;
      readonly messagePrompt: MessagePrompt | undefined;
    }
  | {
      readonly is: 'prompting';
      readonly prompt: Prompt;
      readonly stash: Stash | undefined;
      readonly isQuiet: boolean;
    }
  /** A reply is awaited. `sent` is the command, trimmed; empty for the answer to another prompt. */
  | { readonly is: 'waiting'; readonly sent: string; readonly stash: Stash | undefined }
  /** The prompt was withdrawn. The next one may be another, or the conversation ends. */
  | { readonly is: 'interrupted'; readonly prompt: Prompt; readonly stash: Stash | undefined }
  /**
   * `ending`: how the conversation ended; or `restarting`, if the user connects after it has ended.
   * `messagePrompt`: the prompt of an interrupted message, whose text is on the line.
   */
  | {
      readonly is: 'disconnected';
      readonly ending: Ending | 'loggedOut' | 'restarting';
      readonly messagePrompt: MessagePrompt | undefined;
    };

export interface PageState {
  readonly phase: Phase;
  readonly input: 'editing' | 'discarding';
  readonly replaceable: Replaceable;
}

export const INITIAL_STATE: PageState = {
  phase: { is: 'starting' },
  input: 'editing',
  replaceable: { seen: undefined, own: undefined },
};

/** A line that was kept while the page was loaded again. It is never a password. */
export interface KeptLine {
  readonly line: string;
  /** The prompt of an interrupted message, whose text the line is. */
  readonly messagePrompt?: MessagePrompt | undefined;
}

export type PageEvent =
  /** Of the page. */
  | { readonly is: 'restore'; readonly kept: KeptLine }
  /** Of the connection. */
  | { readonly is: 'opened' }
  | { readonly is: 'received' }
  | { readonly is: 'closed'; readonly reason: string; readonly wasStable: boolean }
  /** An attempt to connect begins. */
  | { readonly is: 'connecting' }
  /** There is no connection, and an attempt to open one has failed. `isFinal`: no other follows. */
  | { readonly is: 'unreachable'; readonly reason: string; readonly isFinal: boolean }
  /** There is no connection, and none is tried: a proxy asks for a login. */
  | { readonly is: 'loggedOut'; readonly reason: string }
  /** Of the conversation (client/dialogue/). `message`: in force; `undefined` if it is unknown. */
  | { readonly is: 'ask'; readonly prompt: Prompt; readonly message: string | undefined }
  | { readonly is: 'stopAsking' }
  | { readonly is: 'end'; readonly ending: Ending }
  /** Of the user. `keys` arrive while the input is discarded. */
  | { readonly is: 'keys'; readonly data: string }
  | { readonly is: 'line'; readonly line: string; readonly message: string | undefined }
  | { readonly is: 'command'; readonly command: string }
  | { readonly is: 'interrupt'; readonly discarded: string }
  | { readonly is: 'endSession' };

export type PageEffect =
  | {
      readonly do: 'print';
      readonly line: string;
      readonly speaker: Speaker;
      readonly colored?: string;
      readonly reply?: ReplyClass;
    }
  | { readonly do: 'announce'; readonly text: string }
  /** Start a prompt, in the line editor, too. */
  | { readonly do: 'startPrompt'; readonly prompt: Prompt }
  /** Let the user edit a line without a prompt. */
  | { readonly do: 'startLine' }
  | { readonly do: 'hideLine' }
  /** Leave a prompt and its answer on the screen. `suffix` is never masked. */
  | {
      readonly do: 'completeLine';
      readonly prompt: Prompt;
      readonly line: string;
      readonly suffix: string;
    }
  /** Replace the line being typed. */
  | { readonly do: 'setLine'; readonly line: string }
  | { readonly do: 'discardTypeAhead' }
  | { readonly do: 'remember'; readonly line: string }
  /** Pass a line to the conversation. No effect follows. */
  | { readonly do: 'answer'; readonly line: string }
  /** Tell the conversation that its connection is closed. No effect follows. */
  | { readonly do: 'endConversation'; readonly reason: string }
  | { readonly do: 'connect' }
  | { readonly do: 'stopRetrying' }
  /** Close the connection. No effect follows, except `connect`. */
  | { readonly do: 'close' }
  | { readonly do: 'printNextStep'; readonly ending: Ending };

export interface Step {
  readonly state: PageState;
  readonly effects: readonly PageEffect[];
}

/** Prints a line of the page itself. */
export function note(line: string): PageEffect {
  return { do: 'print', line, speaker: 'note' };
}

export function stepTo(state: PageState, ...effects: PageEffect[]): Step {
  return { state, effects };
}

/** What the line editor holds when an event happens. */
export interface TypedText {
  /** The line being typed. */
  readonly line: string;
  /** Whether there are completed lines that no prompt has asked for. */
  readonly hasTypeAhead: boolean;
  /** Whether the server is the message server, which has commands. */
  readonly isMessageServer: boolean;
}
