// The original client's conversation with a person (PROTOCOL.md, "The dialogue").
//
//   prompt --a line typed--> reply --200 OK to MSGGET--> message --the message--> prompt
//                            reply --200 OK to MSGHIST--> history --its end--> prompt
//                            reply --anything else--> prompt, for whatever the server awaits now
//                            reply --200 OK to QUIT, 200 OKAY--> over
//
// After MSGWATCH the server speaks by itself: its messages appear above the prompt.

import { LineReader, TOO_LONG, trimLine } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { END_OF_HISTORY, isClosingReply, REPLY } from '../../protocol/replies.ts';
import {
  type Conversation,
  type Effect,
  type Ending,
  isSecret,
  MAX_SHOWN_LENGTH,
  type PromptKind,
  type Speaker,
  TOO_LONG_TO_SHOW,
} from './conversation.ts';
import { maskSecret } from './maskSecret.ts';

/** What the dialogue asks for. */
type Question = Exclude<PromptKind, 'line'>;

export const PROMPTS: Record<Question, string> = {
  command: 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ',
  message: 'Enter new message of the day: ',
  password: 'Enter shutdown password: ',
  storePassword: 'Enter store password: ',
};

type State =
  | { at: 'prompt'; asked: Question }
  /** The server's turn: `said` is what the person answered when asked for `asked`. */
  | { at: 'reply'; asked: Question; said: string }
  /** MSGGET was answered with 200 OK; the message is the next line. */
  | { at: 'message' }
  /** The same for MSGHIST: lines, and the end. */
  | { at: 'history' }
  /** Nobody's turn: not started yet, or the server has said that it will close (421). */
  | { at: 'idle' }
  | { at: 'over' };

const REPLIES: ReadonlySet<string> = new Set(Object.values(REPLY));

export interface DialogueOptions {
  /** Whether the line that tells what was sent (`Client: …`) shows bullets for a password. */
  readonly masksPasswords?: boolean;
}

export class Dialogue implements Conversation {
  readonly #options: DialogueOptions;
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  #state: State = { at: 'idle' };
  /** The server has said that it will close, and not because it stops. */
  #isRejected = false;
  /** Since the last command the server may have sent messages unasked. */
  #isWatching = false;

  /** @param options Looked at each time: what they say may change. */
  constructor(options: DialogueOptions = {}) {
    this.#options = options;
  }

  start(): Effect[] {
    return this.#ask('command');
  }

  typed(text: string): Effect[] {
    if (this.#state.at !== 'prompt') return [];
    const { asked } = this.#state;
    const said = trimLine(text);
    if (said === '') return this.#ask(asked);

    this.#state = { at: 'reply', asked, said };
    const isMasked = this.#options.masksPasswords && isSecret(asked);
    const shown = isMasked ? maskSecret(said) : escapeControls(said);
    return [print('client', `Client: ${shown}`), { do: 'send', text: `${said}\n` }];
  }

  received(text: string): Effect[] {
    this.#lines.push(text);
    const effects: Effect[] = [];
    for (;;) {
      const line = this.#lines.next();
      if (line === undefined) return effects;
      effects.push(...this.#heard(line === TOO_LONG ? TOO_LONG_TO_SHOW : line));
    }
  }

  closed(reason: string): Effect[] {
    this.#lines.endLine();
    const last = this.received('');
    if (this.#state.at === 'over') return last;
    return [
      ...last,
      ...this.#stopAsking(),
      print('note', `[${escapeControls(reason)}]`),
      ...this.#outcomeUnknown(),
      ...this.#end(this.#isRejected ? 'rejected' : 'lost'),
    ];
  }

  /** A message was sent, and no answer came: it may be the message of the day by now, or not. */
  #outcomeUnknown(): Effect[] {
    if (this.#state.at !== 'reply' || this.#state.asked !== 'message') return [];
    return [print('note', '[it is not known whether the message was stored]')];
  }

  #heard(line: string): Effect[] {
    const state = this.#state;
    switch (state.at) {
      case 'over':
        return [];
      case 'message':
        return [message(line), ...this.#ask('command')];
      case 'history':
        return line === END_OF_HISTORY ? this.#ask('command') : [message(line)];
      case 'prompt':
        return [...this.#stopAsking(), ...this.#unasked(line, state.asked)];
      case 'reply': {
        // Stored while the person typed, and on its way before the server heard of it.
        if (this.#isNews(line)) return [message(line)];
        this.#isWatching = false;
        this.#isRejected = false;
        return [serverSays(line), ...this.#answer(line, state.asked, state.said)];
      }
      case 'idle':
        return [serverSays(line)];
    }
  }

  /** What follows from the reply to what the person said. */
  #answer(reply: string, asked: Question, said: string): Effect[] {
    if (reply === REPLY.passwordRequired) {
      return this.#ask(said === 'MSGSTORE' ? 'storePassword' : 'password');
    }
    if (reply === REPLY.shutdownAccepted) return this.#end('shutDown');
    if (reply === REPLY.ok && asked === 'storePassword') return this.#ask('message');
    if (reply !== REPLY.ok || asked !== 'command') return this.#goOn(reply, 'command');
    switch (said) {
      case 'MSGWATCH':
      case 'MSGGET':
        this.#isWatching = said === 'MSGWATCH';
        this.#state = { at: 'message' };
        return [];
      case 'MSGHIST':
        this.#state = { at: 'history' };
        return [];
      case 'MSGSTORE':
        return this.#ask('message');
      case 'QUIT':
        return this.#end('quit');
      default:
        return this.#ask('command');
    }
  }

  /** What the server says while it is the person's turn. */
  #unasked(line: string, asked: Question): Effect[] {
    if (this.#isNews(line)) {
      // A server that goes on has not sent the person away: the 421 before was somebody's message.
      this.#isRejected = false;
      return [message(line), ...this.#ask(asked)];
    }
    return [serverSays(line), ...this.#goOn(line, asked)];
  }

  /** Whether a line is a message that was stored while the person watches. */
  #isNews(line: string): boolean {
    return this.#isWatching && !REPLIES.has(line);
  }

  /** Asks again, unless the server has just said that it will close. */
  #goOn(reply: string, asked: Question): Effect[] {
    if (!isClosingReply(reply)) return this.#ask(asked);
    this.#isRejected = reply !== REPLY.shuttingDown;
    // Somebody may have stored these very words: who watches is asked on, until the server closes.
    if (this.#isWatching) return this.#ask(asked);
    this.#state = { at: 'idle' };
    return [];
  }

  #ask(asked: Question): Effect[] {
    this.#state = { at: 'prompt', asked };
    return [{ do: 'ask', for: asked, prompt: PROMPTS[asked] }];
  }

  #stopAsking(): Effect[] {
    return this.#state.at === 'prompt' ? [{ do: 'stopAsking' }] : [];
  }

  #end(ending: Ending): Effect[] {
    this.#state = { at: 'over' };
    return [{ do: 'end', ending }];
  }
}

function message(line: string): Effect {
  return print('message', escapeControls(line));
}

function serverSays(line: string): Effect {
  return print('server', `Server: ${escapeControls(line)}`);
}

function print(speaker: Speaker, line: string): Effect {
  return { do: 'print', line, speaker };
}
