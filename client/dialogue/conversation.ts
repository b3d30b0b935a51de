// What a conversation is, whoever it is with. Pure: what the person typed and what the other side
// said come in as calls; what to show and send comes out as effects. The terminal and the page put
// their own screen around it, and nothing else.

/** What the person is asked for; a `line` is whatever the other side makes of it. */
export type PromptKind = 'command' | 'message' | 'password' | 'storePassword' | 'line';

/** Whether an answer is nobody else's business: no history keeps it. */
export function isSecret(asked: PromptKind): boolean {
  return asked === 'password' || asked === 'storePassword';
}

/**
 * How a conversation ended: as the person asked; because the server wants no more of this person
 * (it said why); or because the connection was lost.
 */
export type Ending = 'quit' | 'shutDown' | 'rejected' | 'lost';

/**
 * Who speaks on a line; a `note` is ours, in brackets, so that nobody takes it for the server's.
 */
export type Speaker = 'client' | 'server' | 'message' | 'note';

export type Effect =
  /** Show a line. It holds no control character. */
  | { do: 'print'; line: string; speaker: Speaker }
  /** Ask the person for a line: show the prompt, let them type, call `typed`. */
  | { do: 'ask'; for: PromptKind; prompt: string }
  /** The question is void: whatever was typed so far stays on its line, and a new one begins. */
  | { do: 'stopAsking' }
  /** Send text to the server; its line end is included. */
  | { do: 'send'; text: string }
  /** The conversation is over. Nothing comes after it. */
  | { do: 'end'; ending: Ending };

export interface Conversation {
  /** The connection is open: the conversation begins. */
  start(): Effect[];

  /**
   * The person answered the prompt. Outside a prompt there is nobody to answer: nothing happens.
   */
  typed(text: string): Effect[];

  /** Text came from the server, cut anywhere. */
  received(text: string): Effect[];

  /**
   * The connection is gone.
   *
   * @param reason Why, in words a person understands.
   */
  closed(reason: string): Effect[];
}

/** The longest line that is shown, in characters: a peer without LFs must not fill the memory. */
export const MAX_SHOWN_LENGTH = 64 * 1024;

/** Stands where a longer one would. */
export const TOO_LONG_TO_SHOW = '[a line too long to show]';
