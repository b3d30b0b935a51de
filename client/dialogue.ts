// The original client's conversation with a person (PROTOCOL.md, "The dialogue"). Pure: what the
// person typed and what the server said come in as calls; what to show and send comes out as
// effects. The terminal and the page put their own screen around it, and nothing else.
//
//   prompt --a line typed--> reply --200 OK to MSGGET--> message --the message--> prompt
//                            reply --200 OK to MSGHIST--> history --its end--> prompt
//                            reply --anything else--> prompt, for whatever the server awaits now
//                            reply --200 OK to QUIT, 200 OKAY--> over
//
// After MSGWATCH the server speaks by itself: its messages appear above the prompt.

import { LineReader, TOO_LONG, trimLine } from '../protocol/lines.ts';
import { escapeControls } from '../protocol/plainText.ts';
import { END_OF_HISTORY, REPLY } from '../protocol/replies.ts';

/** What the person is asked for. */
export type Asked = 'command' | 'message' | 'password' | 'storePassword';

export const PROMPTS: Record<Asked, string> = {
  command: 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ',
  message: 'Enter new message of the day: ',
  password: 'Enter shutdown password: ',
  storePassword: 'Enter store password: ',
};

/** Whether an answer is nobody else's business: no history keeps it. */
export function isSecret(asked: Asked): boolean {
  return asked === 'password' || asked === 'storePassword';
}

/** How a conversation ended: as the person asked, or because the connection was lost. */
export type Ending = 'quit' | 'shutDown' | 'lost';

/**
 * Who speaks on a line; a `note` is ours, in brackets, so that nobody takes it for the server's.
 */
export type Speaker = 'client' | 'server' | 'message' | 'note';

export type Effect =
  /** Show a line. It holds no control character. */
  | { do: 'print'; line: string; speaker: Speaker }
  /** Ask the person for a line: show the prompt, let them type, call `typed`. */
  | { do: 'ask'; for: Asked; prompt: string }
  /** The question is void: whatever was typed so far stays on its line, and a new one begins. */
  | { do: 'stopAsking' }
  /** Send text to the server; its LF is included. */
  | { do: 'send'; text: string }
  /** The conversation is over. Nothing comes after it. */
  | { do: 'end'; ending: Ending };

type State =
  | { at: 'prompt'; asked: Asked }
  /** The server's turn: `said` is what the person answered when asked for `asked`. */
  | { at: 'reply'; asked: Asked; said: string }
  /** MSGGET was answered with 200 OK; the message is the next line. */
  | { at: 'message' }
  /** The same for MSGHIST: lines, and the end. */
  | { at: 'history' }
  /** Nobody's turn: not started yet, or the server has said that it will close (421). */
  | { at: 'idle' }
  | { at: 'over' };

/** A server of ours never sends so long a line; from any other, this bounds what is kept. */
const MAX_LINE_LENGTH = 64 * 1024;

const REPLIES: ReadonlySet<string> = new Set(Object.values(REPLY));

export class Dialogue {
  readonly #lines = new LineReader(MAX_LINE_LENGTH);
  #state: State = { at: 'idle' };
  /** Since the last command the server may have sent messages unasked. */
  #isWatching = false;

  /** The connection is open: the conversation begins. */
  start(): Effect[] {
    return this.#ask('command');
  }

  /**
   * The person answered the prompt. Outside a prompt there is nobody to answer: nothing happens.
   */
  typed(text: string): Effect[] {
    if (this.#state.at !== 'prompt') return [];
    const { asked } = this.#state;
    const said = trimLine(text);
    if (said === '') return this.#ask(asked);

    this.#state = { at: 'reply', asked, said };
    return [print('client', `Client: ${escapeControls(said)}`), { do: 'send', text: `${said}\n` }];
  }

  /** Text came from the server, cut anywhere. */
  received(text: string): Effect[] {
    this.#lines.push(text);
    const effects: Effect[] = [];
    for (;;) {
      const line = this.#lines.next();
      if (line === undefined) return effects;
      effects.push(...this.#heard(line === TOO_LONG ? '[a line too long to show]' : line));
    }
  }

  /**
   * The connection is gone.
   *
   * @param reason Why, in words a person understands.
   */
  closed(reason: string): Effect[] {
    this.#lines.endLine();
    const last = this.received('');
    if (this.#state.at === 'over') return last;
    return [
      ...last,
      ...this.#stopAsking(),
      print('note', `[${escapeControls(reason)}]`),
      ...this.#end('lost'),
    ];
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
        return [serverSays(line), ...this.#answer(line, state.asked, state.said)];
      }
      case 'idle':
        return [serverSays(line)];
    }
  }

  /** What follows from the reply to what the person said. */
  #answer(reply: string, asked: Asked, said: string): Effect[] {
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
  #unasked(line: string, asked: Asked): Effect[] {
    if (this.#isNews(line)) return [message(line), ...this.#ask(asked)];
    return [serverSays(line), ...this.#goOn(line, asked)];
  }

  /** Whether a line is a message that was stored while the person watches. */
  #isNews(line: string): boolean {
    return this.#isWatching && !REPLIES.has(line);
  }

  /** Asks again, unless the server has just said that it will close. */
  #goOn(reply: string, asked: Asked): Effect[] {
    if (!reply.startsWith('421 ')) return this.#ask(asked);
    this.#state = { at: 'idle' };
    return [];
  }

  #ask(asked: Asked): Effect[] {
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
