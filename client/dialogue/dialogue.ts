// The original client's dialogue with a user (PROTOCOL.md, "The dialogue"). Its states and
// transitions:
//
//   prompt --a line typed--> reply --200 OK to MSGGET, MSGINFO, MSGWATCH--> line --read--> prompt
//                            reply --200 OK to MSGHIST, MSGLIST, MSGPLANS--> list --its end--> prompt
//                            reply --200 OK to QUIT, 200 OKAY--> over
//                            reply --any other reply--> prompt, for what the server awaits now
//
// The server awaits a line after 200 OK to a command that changes something, or to the password for
// it; a password after 300 PASSWORD REQUIRED; and a command after any other reply. After a wrong
// password the prompt is a `retry` until a command is typed.
//
// After MSGWATCH the server also sends unsolicited messages. They appear above the prompt.

import {
  type Command,
  isCommand,
  isWriteCommand,
  type ListCommand,
  type WriteCommand,
} from '../../protocol/commands.ts';
import { LineReader, TOO_LONG, trimLine } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import {
  classifyReply,
  END_OF_LIST,
  isClosingReply,
  isUnknownCommand,
  REPLY,
} from '../../protocol/replies.ts';
import { commandHint, planHint } from './commandHint.ts';
import {
  asksForCommand,
  type Conversation,
  type Effect,
  type Ending,
  isSecretAnswer,
  MAX_SHOWN_LENGTH,
  note,
  type PromptKind,
  type Speaker,
  TOO_LONG_TO_SHOW,
} from './conversation.ts';
import { maskSecret } from './maskSecret.ts';

type DialoguePrompt = Exclude<PromptKind, 'line' | 'hidden'>;

type Asked =
  | { for: Exclude<DialoguePrompt, 'retry' | 'password' | 'storePassword'> }
  /** `permits` is the command that requires the password. */
  | { for: 'password'; permits: 'SHUTDOWN' }
  | { for: 'storePassword'; permits: WriteCommand }
  | { for: 'retry'; permits: WriteCommand | 'SHUTDOWN' };

const COMMAND_PROMPT = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';

export const PROMPTS: Record<DialoguePrompt, string> = {
  command: COMMAND_PROMPT,
  retry: COMMAND_PROMPT,
  MSGSTORE: 'Enter new message of the day: ',
  MSGPLAN: 'Enter from, until and message: ',
  MSGCANCEL: 'Enter number of the message to cancel: ',
  MSGREPLACE: 'Enter number and new message of the day: ',
  password: 'Enter shutdown password: ',
  storePassword: 'Enter store password: ',
};

type DialogueState =
  | { at: 'prompt'; asked: Asked }
  /** The reply to `sent` is awaited, which the user typed at the prompt for `asked`. */
  | { at: 'reply'; asked: Asked; sent: string }
  /** 200 OK arrived. The next line is the message, or what is known about it. */
  | { at: 'line' }
  /** 200 OK arrived. Entries follow, then the end of the list. */
  | { at: 'list' }
  /** Not started yet, or the server has announced that it closes the connection (421). */
  | { at: 'idle' }
  | { at: 'over' };

const COMMAND: Asked = { for: 'command' };

/** What the server sends after its 200 OK to a command, or awaits; `end`: it closes the connection. */
type AfterOk = Record<ListCommand, 'list'> &
  Record<Exclude<Command, ListCommand | WriteCommand>, 'line' | 'command' | 'end'>;

const AFTER_OK: AfterOk = {
  MSGGET: 'line',
  MSGWATCH: 'line',
  MSGHIST: 'list',
  MSGPLANS: 'list',
  MSGINFO: 'line',
  MSGLIST: 'list',
  QUIT: 'end',
  // Its reply is 300 PASSWORD REQUIRED.
  SHUTDOWN: 'command',
};

const REPLIES: ReadonlySet<string> = new Set(Object.values(REPLY));

export interface DialogueOptions {
  /** Whether the line that shows what was sent (`Client: …`) masks a password. */
  readonly masksPasswords?: boolean;
  /**
   * Where a user finds all commands, for the hint after an unknown one. Left out for a server that
   * has only those of the original.
   */
  readonly allCommands?: string;
  /** The time in milliseconds since 1970, for the hint after an invalid window; without it, none. */
  readonly now?: () => number;
}

export class Dialogue implements Conversation {
  readonly #options: DialogueOptions;
  readonly #lines = new LineReader(MAX_SHOWN_LENGTH);
  #state: DialogueState = { at: 'idle' };
  /** The server has announced that it closes the connection, and not because it shuts down. */
  #isRejected = false;
  /** The last command was MSGWATCH: the server may send unsolicited messages. */
  #isWatching = false;

  /** @param options Read each time they matter, so they may change during the dialogue. */
  constructor(options: DialogueOptions = {}) {
    this.#options = options;
  }

  start(): Effect[] {
    return this.#ask(COMMAND);
  }

  typed(text: string): Effect[] {
    if (this.#state.at !== 'prompt') return [];
    const { asked } = this.#state;
    const sent = trimLine(text);
    if (sent === '') return this.#ask(asked);

    this.#state = { at: 'reply', asked, sent };
    const isMasked = this.#options.masksPasswords && isSecretAnswer(asked.for, sent);
    const shown = isMasked ? maskSecret(sent) : escapeControls(sent);
    return [print('client', `Client: ${shown}`), { do: 'send', text: `${sent}\n` }];
  }

  received(text: string): Effect[] {
    this.#lines.push(text);
    const effects: Effect[] = [];
    for (;;) {
      const line = this.#lines.next();
      if (line === undefined) return effects;
      effects.push(...this.#lineReceived(line === TOO_LONG ? TOO_LONG_TO_SHOW : line));
    }
  }

  closed(reason: string): Effect[] {
    this.#lines.endLine();
    const last = this.received('');
    if (this.#state.at === 'over') return last;
    return [
      ...last,
      ...this.#stopAsking(),
      note(reason),
      ...this.#warnIfUnknown(),
      ...this.#end(this.#isRejected ? 'rejected' : 'lost'),
    ];
  }

  /** Warns if a change was sent and no reply arrived. */
  #warnIfUnknown(): Effect[] {
    if (this.#state.at !== 'reply' || !isWriteCommand(this.#state.asked.for)) return [];
    const change = this.#state.asked.for === 'MSGCANCEL' ? 'canceled' : 'stored';
    return [note(`it is not known whether the message was ${change}`)];
  }

  #lineReceived(line: string): Effect[] {
    const state = this.#state;
    switch (state.at) {
      case 'over':
        return [];
      case 'line':
        return [message(line), ...this.#ask(COMMAND)];
      case 'list':
        return line === END_OF_LIST ? this.#ask(COMMAND) : [message(line)];
      case 'prompt':
        return [...this.#stopAsking(), ...this.#lineReceivedAtPrompt(line, state.asked)];
      case 'reply': {
        // Stored before the server read the command that ends the watch.
        if (this.#isUpdate(line)) return [message(line)];
        this.#isWatching = false;
        this.#isRejected = false;
        return [
          fromServer(line),
          ...this.#hintAt(line, state.asked, state.sent),
          ...this.#handleReply(line, state.asked, state.sent),
        ];
      }
      case 'idle':
        return [fromServer(line)];
    }
  }

  #hintAt(reply: string, asked: Asked, sent: string): Effect[] {
    const hint = this.#hintFor(reply, asked, sent);
    return hint === undefined ? [] : [print('note', hint)];
  }

  #hintFor(reply: string, asked: Asked, sent: string): string | undefined {
    const { allCommands, now } = this.#options;
    if (asksForCommand(asked.for) && isUnknownCommand(reply)) {
      return commandHint(sent, allCommands, 'permits' in asked ? asked.permits : undefined);
    }
    return now && reply.startsWith(REPLY.badTime) ? planHint(now()) : undefined;
  }

  #handleReply(reply: string, asked: Asked, sent: string): Effect[] {
    if (reply === REPLY.passwordRequired) {
      const isWrite = isWriteCommand(sent);
      return this.#ask(
        isWrite
          ? { for: 'storePassword', permits: sent }
          : { for: 'password', permits: 'SHUTDOWN' },
      );
    }
    if (reply === REPLY.shutdownAccepted) return this.#end('shutDown');
    if (reply === REPLY.ok) {
      if (asked.for === 'storePassword') return this.#ask({ for: asked.permits });
      if (asksForCommand(asked.for)) return this.#commandAccepted(sent);
    }
    const isRetry = 'permits' in asked && isSecretAnswer(asked.for, sent);
    return this.#askUnlessClosing(
      reply,
      isRetry ? { for: 'retry', permits: asked.permits } : COMMAND,
    );
  }

  #commandAccepted(command: string): Effect[] {
    if (!isCommand(command)) return this.#ask(COMMAND);
    if (isWriteCommand(command)) return this.#ask({ for: command });
    const next = AFTER_OK[command];
    if (next === 'end') return this.#end('quit');
    this.#isWatching = command === 'MSGWATCH';
    if (next === 'command') return this.#ask(COMMAND);
    this.#state = { at: next };
    return [];
  }

  /** Handles a line that the server sends while the user is at a prompt. */
  #lineReceivedAtPrompt(line: string, asked: Asked): Effect[] {
    if (this.#isUpdate(line)) {
      // The server has not closed the connection: the 421 before was a message with those words.
      this.#isRejected = false;
      return [message(line), ...this.#ask(asked)];
    }
    return [fromServer(line), ...this.#askUnlessClosing(line, asked)];
  }

  /** Whether a line is a message that was stored during a watch. */
  #isUpdate(line: string): boolean {
    return this.#isWatching && !REPLIES.has(line);
  }

  /** Prompts again, unless the reply announces that the server closes the connection. */
  #askUnlessClosing(reply: string, asked: Asked): Effect[] {
    if (!isClosingReply(reply)) return this.#ask(asked);
    this.#isRejected = reply !== REPLY.shuttingDown;
    // During a watch, these words may also be a message. The connection then stays open.
    if (this.#isWatching) return this.#ask(asked);
    this.#state = { at: 'idle' };
    return [];
  }

  #ask(asked: Asked): Effect[] {
    this.#state = { at: 'prompt', asked };
    return [{ do: 'ask', for: asked.for, prompt: PROMPTS[asked.for] }];
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

function fromServer(line: string): Effect {
  const reply = classifyReply(line);
  const printed = print('server', `Server: ${escapeControls(line)}`);
  return reply === undefined ? printed : { ...printed, reply };
}

function print(speaker: Speaker, line: string): Effect & { do: 'print' } {
  return { do: 'print', line, speaker };
}
