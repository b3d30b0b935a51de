// Holds the dialogue in a terminal or over pipes, as the original TCPClient does. A line that
// arrives before its prompt (typed ahead, or read from a pipe) is printed after the prompt, so that
// the output is the same conversation in all cases.

import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { dropByteOrderMark } from '../protocol/byteOrderMark.ts';
import { escapeControls } from '../protocol/plainText.ts';
import { decodeForDisplay, decodeUtf8, REPLACEMENT } from '../protocol/utf8.ts';
import type { ServerConnection } from './connect.ts';
import {
  type Conversation,
  type Effect,
  type Ending,
  isSecret,
  isSecretAnswer,
  type PromptKind,
} from './dialogue/conversation.ts';
import { Dialogue } from './dialogue/dialogue.ts';
import { maskSecret } from './dialogue/maskSecret.ts';
import { OriginalDialogue } from './dialogue/originalDialogue.ts';
import { RejectedError } from './oneshot/replyErrors.ts';
import { PromptOutput, type TerminalOutput } from './promptOutput.ts';
import { QUIET_MS } from './replies/bareReplies.ts';

export interface TerminalOptions {
  input: Readable;
  output: TerminalOutput;
  /** Whether input and output are terminals: the line can then be edited. */
  isTerminal: boolean;
  /** Whether the input is echoed by a terminal. */
  isEchoed: boolean;
  /** Whether to mask passwords. If the input is echoed, `isTerminal` must then be true. */
  masksPasswords: boolean;
  /** Whether the server may send replies without line ends, as the original one does. */
  isOriginal: boolean;
}

/**
 * Holds the dialogue until it is over, then closes the connection.
 *
 * @param socket A connection to the server, possibly paused, with no reply outstanding.
 * @returns How it ended; `quit` if the input ended.
 */
export function holdDialogue(
  socket: ServerConnection,
  options: TerminalOptions,
): Promise<Ending | InputEnding> {
  return new Promise((resolve) => new TerminalDialogue(socket, options, resolve).start());
}

/** Ctrl-C, or a line of a script that is not UTF-8. */
export type InputEnding = 'interrupted' | 'invalidInput';

interface InputLine {
  /** The line to display, not yet escaped. */
  shown: string;
  /** `undefined` if the line is not UTF-8. */
  text: string | undefined;
}

class TerminalDialogue {
  readonly #socket: ServerConnection;
  readonly #options: TerminalOptions;
  readonly #resolve: (ending: Ending | InputEnding) => void;
  readonly #readline: Interface;
  /** readline's output, if `isTerminal`. */
  readonly #promptOutput: PromptOutput | undefined;
  readonly #dialogue: Conversation;
  readonly #decoder = new TextDecoder();
  readonly #queuedLines: InputLine[] = [];
  #isFirstLine = true;
  /** The lines that the up arrow offers, newest first: readline's own array. */
  #history: string[] = [];
  /** The kind of input that the current prompt asks for; `undefined` without a prompt. */
  #asked: PromptKind | undefined;
  #inputEnded = false;
  #isOver = false;
  #closeReason = 'the server closed the connection';

  constructor(
    socket: ServerConnection,
    options: TerminalOptions,
    resolve: (ending: Ending | InputEnding) => void,
  ) {
    this.#socket = socket;
    this.#options = options;
    this.#resolve = resolve;
    const { input, output, isTerminal, masksPasswords, isOriginal } = options;
    this.#dialogue = isOriginal
      ? this.#createOriginalDialogue()
      : new Dialogue({ masksPasswords, allCommands: 'motd connect --help', now: Date.now });
    this.#promptOutput = isTerminal ? new PromptOutput(output, { masksPasswords }) : undefined;
    this.#readline = createInterface(
      this.#promptOutput
        ? { input, output: this.#promptOutput, terminal: true }
        : // As byte strings: readline would replace invalid UTF-8 by U+FFFD.
          { input: input.setEncoding('latin1'), terminal: false },
    );
    this.#promptOutput?.attach(this.#readline, input);
  }

  start(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#socketOnData(chunk));
    this.#socket.on('error', (error) => this.#socketOnError(error));
    this.#socket.on('close', () => this.#perform(this.#dialogue.closed(this.#closeReason)));
    this.#socket.resume();
    this.#readline.on('line', (line) => this.#readlineOnLine(line));
    this.#readline.on('history', (history) => {
      this.#history = history;
    });
    this.#readline.on('SIGINT', () => this.#readlineOnInterrupt());
    this.#readline.on('SIGCONT', () => this.#readlineOnContinue());
    this.#readline.on('close', () => this.#readlineOnClose());
    this.#perform(this.#dialogue.start());
  }

  #createOriginalDialogue(): OriginalDialogue {
    let timer: NodeJS.Timeout | undefined;
    const dialogue = new OriginalDialogue(this.#options, () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#perform(dialogue.quiet()), QUIET_MS).unref();
    });
    return dialogue;
  }

  #socketOnData(chunk: Buffer): void {
    this.#perform(this.#dialogue.received(this.#decoder.decode(chunk, { stream: true })));
  }

  #socketOnError(error: NodeJS.ErrnoException): void {
    this.#closeReason =
      error instanceof RejectedError
        ? error.message
        : `the connection was lost: ${error.code ?? error.message}`;
  }

  #readlineOnLine(typed: string): void {
    const line = this.#decode(typed);
    const isOnScreen = this.#options.isEchoed && this.#asked !== undefined;
    if (isOnScreen) {
      this.#promptOutput?.lineEnded(typed);
      this.#answer(line);
    } else {
      this.#queuedLines.push(line);
    }

    // A pipe may contain more lines than fit in memory. A terminal must keep reading, for Ctrl-C.
    if (!this.#options.isTerminal) this.#readline.pause();
    this.#answerFromQueue();
  }

  /** @param typed The line from readline: text from a terminal, otherwise a byte string. */
  #decode(typed: string): InputLine {
    if (this.#promptOutput) {
      // Decoded by readline.
      return { shown: typed, text: typed.includes(REPLACEMENT) ? undefined : typed };
    }
    const bytes = this.#isFirstLine ? dropByteOrderMark(typed) : typed;
    this.#isFirstLine = false;
    return { shown: decodeForDisplay(bytes), text: decodeUtf8(bytes) };
  }

  #readlineOnInterrupt(): void {
    this.#write('\n');
    this.#finish('interrupted');
  }

  /** Resumes after Ctrl-Z: readline leaves the input paused (Node's documentation, 'SIGCONT'). */
  #readlineOnContinue(): void {
    if (this.#asked === undefined) this.#readline.resume();
    else this.#readline.prompt(true);
  }

  #readlineOnClose(): void {
    this.#inputEnded = true;
    this.#answerFromQueue();
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
    this.#answerFromQueue();
  }

  /** Answers prompts with the queued lines. If there are none, waits for one. */
  #answerFromQueue(): void {
    while (this.#asked !== undefined) {
      const line = this.#queuedLines.shift();
      if (line === undefined) {
        if (this.#inputEnded) this.#quit();
        else this.#readline.resume();
        return;
      }
      const isMasked = this.#options.masksPasswords && isSecret(this.#asked);
      this.#write(`${isMasked ? maskSecret(line.shown) : escapeControls(line.shown)}\n`);
      this.#answer(line);
    }
  }

  #answer({ shown, text }: InputLine): void {
    // Keep passwords out of the history, whichever prompt was shown when they were typed.
    if (this.#asked && isSecretAnswer(this.#asked, shown) && this.#history.includes(shown)) {
      this.#history.splice(this.#history.indexOf(shown), 1);
    }
    this.#stopAsking();
    if (text === undefined) this.#rejectLine();
    else for (const effect of this.#dialogue.typed(text)) this.#performOne(effect);
  }

  /** A user can type the line again. The next line of a script would answer the wrong prompt. */
  #rejectLine(): void {
    this.#write('[not sent: the line is not UTF-8]\n');
    if (!this.#options.isEchoed) this.#finish('invalidInput');
    else for (const effect of this.#dialogue.typed('')) this.#performOne(effect);
  }

  #performOne(effect: Effect): void {
    if (this.#isOver) return;
    switch (effect.do) {
      case 'print':
        this.#write(`${effect.line}\n`);
        break;
      case 'ask':
        this.#ask(effect.prompt, effect.for);
        break;
      case 'stopAsking':
        if (this.#promptOutput) this.#promptOutput.leaveLine();
        else this.#write('\n');
        this.#stopAsking();
        break;
      case 'send':
        this.#socket.write(effect.text);
        break;
      case 'end':
        this.#finish(effect.ending);
        break;
      default:
        effect satisfies never;
    }
  }

  #ask(prompt: string, asked: PromptKind): void {
    this.#asked = asked;
    // A queued line is printed right after the prompt, so do not show what is being typed there.
    const awaitsTyping = !this.#inputEnded && this.#queuedLines.length === 0;
    if (this.#promptOutput && awaitsTyping) {
      this.#promptOutput.ask(prompt, { isSecret: isSecret(asked) });
    } else {
      this.#write(prompt);
    }
  }

  #stopAsking(): void {
    this.#asked = undefined;
    this.#promptOutput?.stopAsking();
  }

  /** The input ended at a prompt. */
  #quit(): void {
    this.#write('\n');
    this.#finish('quit');
  }

  #finish(ending: Ending | InputEnding): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopAsking();
    this.#socket.destroySoon();
    this.#readline.close();
    this.#resolve(ending);
  }

  #write(text: string): void {
    this.#options.output.write(text);
  }
}
