// Sits between readline and the terminal, for what readline cannot do: start a prompt below the
// lines printed since the last one, and keep a password off the screen.
//
// If passwords are masked, the output of readline is dropped at a password prompt, and the line is
// drawn here, in bullets. Between prompts, nothing is drawn: what is typed ahead may be a password.

import type { Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { maskSecret } from './dialogue/maskSecret.ts';

/** A terminal to write to. Its width may be unknown. */
export type TerminalOutput = Writable & { columns?: number };

export class PromptOutput extends Writable {
  readonly #terminal: TerminalOutput;
  readonly #masksPasswords: boolean;
  #readline: Interface | undefined;
  #mode: 'shown' | 'hidden' | 'masked';
  #prompt = '';
  /** The row of the cursor, counted from the first row of the prompt. */
  #cursorRow = 0;
  #isDrawScheduled = false;

  constructor(terminal: TerminalOutput, { masksPasswords }: { masksPasswords: boolean }) {
    super({ decodeStrings: false });
    this.#terminal = terminal;
    this.#masksPasswords = masksPasswords;
    this.#mode = masksPasswords ? 'hidden' : 'shown';
  }

  /** readline counts the rows it draws with this. It must not count rows that are not shown. */
  get columns(): number | undefined {
    return this.#mode === 'shown' ? this.#terminal.columns : undefined;
  }

  /** @param readline Writes to this stream, and holds the line being typed. */
  attach(readline: Interface, input: NodeJS.EventEmitter): void {
    this.#readline = readline;
    const onKeypress = (_: string | undefined, key: Keypress) =>
      this.#inputOnKeypress(readline, key);
    const onResize = () => this.emit('resize');
    input.prependListener('keypress', onKeypress);
    this.#terminal.on('resize', onResize);
    readline.once('close', () => {
      input.off('keypress', onKeypress);
      this.#terminal.off('resize', onResize);
    });
  }

  /** Shows a prompt on the current row, followed by what has been typed so far. */
  ask(prompt: string, { isSecret }: { isSecret: boolean }): void {
    if (isSecret && this.#masksPasswords) this.#mask(prompt);
    else this.#show(prompt);
  }

  /** The user ended this line: draws it if readline has not shown it. */
  lineEnded(line: string): void {
    if (this.#mode !== 'masked') return;
    this.#endPassword(line);
  }

  /** Leaves the line being typed as it is, and starts a new one. */
  leaveLine(): void {
    if (this.#mode !== 'masked') this.#terminal.write('\n');
    else this.#endPassword(this.#readline?.line ?? '');
  }

  /** The prompt is withdrawn. */
  stopAsking(): void {
    // readline draws its prompt again at every edit, so it must not have one now.
    this.#readline?.setPrompt('');
    if (this.#masksPasswords) this.#mode = 'hidden';
  }

  #show(prompt: string): void {
    // Before it draws, readline moves up by the rows that it drew last, over lines printed since.
    // Let it draw once hidden, so that it counts no rows.
    this.#mode = 'hidden';
    this.#readline?.prompt(true);
    this.#mode = 'shown';
    this.#readline?.setPrompt(prompt);
    // `true`: the cursor stays where it is in the line typed so far.
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
    if (this.#mode === 'masked') this.#scheduleDraw();
    done();
  }

  /** Draws once for all that readline writes in several pieces, or for each key of a paste. */
  #scheduleDraw(): void {
    if (this.#isDrawScheduled) return;
    this.#isDrawScheduled = true;
    queueMicrotask(() => {
      this.#isDrawScheduled = false;
      if (this.#mode === 'masked') this.#draw();
    });
  }

  /** Draws the prompt and the bullets. Each of their characters takes one column. */
  #draw(): void {
    if (this.#readline === undefined) return;
    const { line, cursor } = this.#readline;
    const columns = this.#terminal.columns || Number.POSITIVE_INFINITY;
    const shown = this.#prompt + maskSecret(line);
    const before = this.#prompt.length + maskSecret(line.slice(0, cursor)).length;
    const lastRow = Math.floor(shown.length / columns);
    // A terminal moves to the next row only when a character is written there.
    const wrap = shown.length % columns === 0 ? ' ' : '';
    const start = this.#toStart();
    this.#cursorRow = Math.floor(before / columns);
    const back = `${up(lastRow - this.#cursorRow)}\r${right(before % columns)}`;
    this.#terminal.write(`${start}${shown}${wrap}${back}`);
  }

  /**
   * Moves to the start of the prompt, and erases everything from there (ED: ECMA-48, section
   * 8.3.39).
   */
  #toStart(): string {
    return `${up(this.#cursorRow)}\r\x1b[J`;
  }

  /**
   * readline stores the text that Ctrl-U and Ctrl-K delete, and Ctrl-Y inserts it even at a later
   * prompt. Delete the text by single key presses first, which store nothing: it may be a password.
   */
  #inputOnKeypress(readline: Interface, { ctrl, shift, name }: Keypress): void {
    if (!this.#masksPasswords || this.#mode === 'shown' || !ctrl) return;
    const deletesLeft = name === 'u' || (shift && name === 'backspace');
    const deletesRight = name === 'k' || (shift && name === 'delete');
    if (deletesLeft) press(readline, 'backspace', readline.cursor);
    if (deletesRight) press(readline, 'delete', readline.line.length - readline.cursor);
  }
}

function press(readline: Interface, name: string, times: number): void {
  for (let i = 0; i < times; i++) readline.write(null, { name });
}

/** As emitted by `emitKeypressEvents` of node:readline. */
interface Keypress {
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
