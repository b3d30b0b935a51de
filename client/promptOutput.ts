// Stands between readline and the terminal, for what readline cannot do: begin a prompt below what
// was printed meanwhile, and keep a password off the screen.
//
// Where passwords are masked, what readline writes is dropped while one is asked for, and the line
// is drawn here, in bullets. While nothing is asked for nothing is drawn: what is typed ahead may
// be a password.

import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { maskSecret } from './dialogue/maskSecret.ts';

/** A terminal to write to; its width is known where the operating system knows it. */
export type Terminal = Writable & { columns?: number };

export class PromptOutput extends Writable {
  readonly #terminal: Terminal;
  readonly #masksPasswords: boolean;
  #readline: Interface | undefined;
  #mode: 'shown' | 'hidden' | 'masked';
  #prompt = '';
  /** How many rows below the prompt's first the cursor was left. */
  #cursorRow = 0;
  #isDrawDue = false;

  constructor(terminal: Terminal, { masksPasswords }: { masksPasswords: boolean }) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
    this.#masksPasswords = masksPasswords;
    this.#mode = masksPasswords ? 'hidden' : 'shown';
  }

  /** What readline counts rows with. It counts none of those that it does not draw. */
  get columns(): number | undefined {
    return this.#mode === 'shown' ? this.#terminal.columns : undefined;
  }

  /** @param readline Who writes here, and holds the line that is typed. */
  serve(readline: Interface, input: NodeJS.EventEmitter): void {
    this.#readline = readline;
    const onKeypress = (_: string | undefined, key: Key) => this.#inputOnKeypress(readline, key);
    const onResize = () => this.emit('resize');
    input.prependListener('keypress', onKeypress);
    this.#terminal.on('resize', onResize);
    readline.once('close', () => {
      input.off('keypress', onKeypress);
      this.#terminal.off('resize', onResize);
    });
  }

  /** Shows a prompt on this row, and behind it what has been typed so far. */
  ask(prompt: string, { isSecret }: { isSecret: boolean }): void {
    if (isSecret && this.#masksPasswords) this.#mask(prompt);
    else this.#show(prompt);
  }

  /** The person has ended this line: whatever readline has not shown of it is shown. */
  lineEnded(line: string): void {
    if (this.#mode !== 'masked') return;
    this.#endPassword(line);
  }

  /** Leaves the line being typed as it is, and begins a new one. */
  leaveLine(): void {
    if (this.#mode !== 'masked') this.#terminal.write('\n');
    else this.#endPassword(this.#readline?.line ?? '');
  }

  /** Nothing is asked for any more. */
  stopAsking(): void {
    // readline draws its last prompt again whenever a line is edited: it must not know one now.
    this.#readline?.setPrompt('');
    if (this.#masksPasswords) this.#mode = 'hidden';
  }

  #show(prompt: string): void {
    // readline goes up the rows that it last drew, over what has been printed there since. It
    // counts anew when it draws, and counts none of what it draws in hiding.
    this.#mode = 'hidden';
    this.#readline?.prompt(true);
    this.#mode = 'shown';
    this.#readline?.setPrompt(prompt);
    // The cursor stays behind what is half typed already.
    this.#readline?.prompt(true);
  }

  #mask(prompt: string): void {
    this.#mode = 'masked';
    this.#prompt = prompt;
    this.#cursorRow = 0;
    this.#draw();
  }

  #endPassword(line: string): void {
    this.#terminal.write(`${this.#toStart()}${this.#prompt}${maskSecret(line)}\n`);
    this.#mode = 'hidden';
  }

  override _write(chunk: string | Uint8Array, _encoding: string, done: () => void): void {
    if (this.#mode === 'shown') this.#terminal.write(chunk);
    if (this.#mode === 'masked') this.#drawSoon();
    done();
  }

  /** Draws once what readline writes in several pieces, and for each key of a paste. */
  #drawSoon(): void {
    if (this.#isDrawDue) return;
    this.#isDrawDue = true;
    queueMicrotask(() => {
      this.#isDrawDue = false;
      if (this.#mode === 'masked') this.#draw();
    });
  }

  /** A bullet takes one column, and so does each character of our prompts. */
  #draw(): void {
    if (this.#readline === undefined) return;
    const { line, cursor } = this.#readline;
    const columns = this.#terminal.columns || Number.POSITIVE_INFINITY;
    const shown = this.#prompt + maskSecret(line);
    const before = this.#prompt.length + maskSecret(line.slice(0, cursor)).length;
    const lastRow = Math.floor(shown.length / columns);
    // A terminal begins the next row with its first character, not with the last of this one.
    const wrap = shown.length % columns === 0 ? ' ' : '';
    const start = this.#toStart();
    this.#cursorRow = Math.floor(before / columns);
    const back = `${up(lastRow - this.#cursorRow)}\r${right(before % columns)}`;
    this.#terminal.write(`${start}${shown}${wrap}${back}`);
  }

  /** To where the prompt begins, all behind it erased (ED: ECMA-48, section 8.3.39). */
  #toStart(): string {
    return `${up(this.#cursorRow)}\r\x1b[J`;
  }

  /**
   * readline keeps for Ctrl-Y what Ctrl-U and Ctrl-K take away, also at the prompts to come. Here
   * they find nothing to keep: what they would take has been erased, which nobody keeps.
   */
  #inputOnKeypress(readline: Interface, { ctrl, shift, name }: Key): void {
    if (!this.#masksPasswords || this.#mode === 'shown' || !ctrl) return;
    const takesLeft = name === 'u' || (shift && name === 'backspace');
    const takesRight = name === 'k' || (shift && name === 'delete');
    if (takesLeft) press(readline, 'backspace', readline.cursor);
    if (takesRight) press(readline, 'delete', readline.line.length - readline.cursor);
  }
}

function press(readline: Interface, name: string, times: number): void {
  for (let i = 0; i < times; i++) readline.write(null, { name });
}

/** As `emitKeypressEvents` of node:readline tells of it. */
interface Key {
  ctrl?: boolean;
  shift?: boolean;
  name?: string | undefined;
}

/** CUU: ECMA-48, section 8.3.22. */
function up(rows: number): string {
  return rows > 0 ? `\x1b[${rows}A` : '';
}

/** CUF: ECMA-48, section 8.3.20. */
function right(columns: number): string {
  return columns > 0 ? `\x1b[${columns}C` : '';
}
