// The dialogue in a terminal, or in a pipe: the original TCPClient.
// Lines that were there before their prompt (typed ahead, or read from a pipe) are shown behind
// it, so that what stands on the screen is the same conversation either way.

import type { Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';
import type { Readable } from 'node:stream';
import { dropByteOrderMark } from '../protocol/byteOrderMark.ts';
import { escapeControls } from '../protocol/plainText.ts';
import { decodeForDisplay, decodeUtf8, REPLACEMENT } from '../protocol/utf8.ts';
import { type Effect, type Ending, isSecret, type PromptKind } from './dialogue/conversation.ts';
import { Dialogue } from './dialogue/dialogue.ts';
import { maskSecret } from './dialogue/maskSecret.ts';
import { PromptOutput, type Terminal } from './promptOutput.ts';

export interface TerminalOptions {
  input: Readable;
  output: Terminal;
  /** Whether the output is a terminal, too: the line can then be edited. */
  isTerminal: boolean;
  /** Whether what is typed shows by itself, as it does at a terminal. */
  isEchoed: boolean;
  /**
   * Whether a password is shown as bullets. Where the input is echoed, the output has to be a
   * terminal.
   */
  masksPasswords: boolean;
}

/**
 * Holds the dialogue until it is over.
 *
 * @param socket A connection to the server, all that was said on it answered. It may be paused,
 *   and is closed in the end.
 * @returns How it ended: as the dialogue did, `quit` where the input ended, or in a way that only an
 *   input knows.
 */
export function holdDialogue(
  socket: Socket,
  screen: TerminalOptions,
): Promise<Ending | InputEnding> {
  return new Promise((resolve) => new TerminalDialogue(socket, screen, resolve).start());
}

/** Ctrl-C; or a line of a script that was not UTF-8: its next lines would answer the wrong prompt. */
export type InputEnding = 'interrupted' | 'invalidInput';

interface InputLine {
  /** What to show of it. */
  shown: string;
  /** `undefined` if it is not UTF-8. */
  text: string | undefined;
}

class TerminalDialogue {
  readonly #socket: Socket;
  readonly #screen: TerminalOptions;
  readonly #resolve: (ending: Ending | InputEnding) => void;
  readonly #readline: Interface;
  /** What readline writes to, at a terminal. */
  readonly #promptOutput: PromptOutput | undefined;
  readonly #dialogue: Dialogue;
  readonly #decoder = new TextDecoder();
  readonly #linesAhead: InputLine[] = [];
  #isFirstLine = true;
  /** What the up-arrow offers, newest first: readline's own list. */
  #history: string[] = [];
  /** What waits for an answer. */
  #asked: PromptKind | undefined;
  #inputEnded = false;
  #isOver = false;
  #whyClosed = 'the server closed the connection';

  constructor(
    socket: Socket,
    screen: TerminalOptions,
    resolve: (ending: Ending | InputEnding) => void,
  ) {
    this.#socket = socket;
    this.#screen = screen;
    this.#resolve = resolve;
    const { input, output, isTerminal, masksPasswords } = screen;
    this.#dialogue = new Dialogue({ masksPasswords });
    this.#promptOutput = isTerminal ? new PromptOutput(output, { masksPasswords }) : undefined;
    this.#readline = createInterface(
      this.#promptOutput
        ? { input, output: this.#promptOutput, terminal: true }
        : // Byte strings: readline itself would put U+FFFD for whatever is not UTF-8.
          { input: input.setEncoding('latin1'), terminal: false },
    );
    this.#promptOutput?.serve(this.#readline, input);
  }

  start(): void {
    this.#socket.on('data', (chunk: Buffer) => this.#socketOnData(chunk));
    this.#socket.on('error', (error) => this.#socketOnError(error));
    this.#socket.on('close', () => this.#perform(this.#dialogue.closed(this.#whyClosed)));
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

  #socketOnData(chunk: Buffer): void {
    this.#perform(this.#dialogue.received(this.#decoder.decode(chunk, { stream: true })));
  }

  #socketOnError(error: NodeJS.ErrnoException): void {
    this.#whyClosed = `the connection was lost: ${error.code ?? error.message}`;
  }

  #readlineOnLine(typed: string): void {
    const line = this.#decode(typed);
    const isOnScreen = this.#screen.isEchoed && this.#asked !== undefined;
    if (isOnScreen) {
      this.#promptOutput?.lineEnded(typed);
      this.#answer(line);
    } else {
      this.#linesAhead.push(line);
    }

    // A pipe can hold more lines than fit in memory; a terminal must go on listening for Ctrl-C.
    if (!this.#screen.isTerminal) this.#readline.pause();
    this.#takeLinesAhead();
  }

  /** @param typed As readline read it: text at a terminal, else a byte string. */
  #decode(typed: string): InputLine {
    if (this.#promptOutput) {
      // readline has decoded it.
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

  /** Back from Ctrl-Z: readline has left the input paused (Node's documentation, 'SIGCONT'). */
  #readlineOnContinue(): void {
    if (this.#asked === undefined) this.#readline.resume();
    else this.#readline.prompt(true);
  }

  #readlineOnClose(): void {
    this.#inputEnded = true;
    this.#takeLinesAhead();
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
    this.#takeLinesAhead();
  }

  /** Answers prompts with the lines that are there already; without any, waits for one. */
  #takeLinesAhead(): void {
    while (this.#asked !== undefined) {
      const line = this.#linesAhead.shift();
      if (line === undefined) {
        if (this.#inputEnded) this.#leave();
        else this.#readline.resume();
        return;
      }
      const isMasked = this.#screen.masksPasswords && isSecret(this.#asked);
      this.#write(`${isMasked ? maskSecret(line.shown) : escapeControls(line.shown)}\n`);
      this.#answer(line);
    }
  }

  #answer({ shown, text }: InputLine): void {
    // The up-arrow does not offer passwords, wherever they were typed.
    if (this.#asked && isSecret(this.#asked) && this.#history.includes(shown)) {
      this.#history.splice(this.#history.indexOf(shown), 1);
    }
    this.#stopAsking();
    if (text === undefined) this.#refuseLine();
    else for (const effect of this.#dialogue.typed(text)) this.#performOne(effect);
  }

  /** A person can type it again; the next line of a script would answer another prompt. */
  #refuseLine(): void {
    this.#write('[not sent: the line is not UTF-8]\n');
    if (!this.#screen.isEchoed) this.#finish('invalidInput');
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
    // Lines that are there already stand behind the prompt, not behind what is half typed by now.
    const waitsForPerson = !this.#inputEnded && this.#linesAhead.length === 0;
    if (this.#promptOutput && waitsForPerson) {
      this.#promptOutput.ask(prompt, { isSecret: isSecret(asked) });
    } else {
      this.#write(prompt);
    }
  }

  #stopAsking(): void {
    this.#asked = undefined;
    this.#promptOutput?.stopAsking();
  }

  /** The input ended at a prompt: nobody will answer it. */
  #leave(): void {
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
    this.#screen.output.write(text);
  }
}
