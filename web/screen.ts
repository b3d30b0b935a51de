// The terminal on the page: lines that stay, and below them the line being typed.
//
// xterm.js draws when it finds time, so everything here happens in turn (#inTurn). Where the
// prompt began is kept as a marker, which xterm moves as the screen scrolls and reflows; the line
// is drawn anew from there each time it changes. So no width is ever computed here.

import { FitAddon } from '@xterm/addon-fit';
import { type IMarker, Terminal } from '@xterm/xterm';
import type { Speaker } from '../client/conversation.ts';
import { escapeControls } from '../protocol/plainText.ts';
import { styleThroughCssom } from './cssom.ts';
import { DARK, LIGHT } from './themes.ts';

// SGR (ECMA-48, section 8.3.117): the words tell who speaks, colour only makes it quick to see.
const STYLE: Record<Speaker, string> = {
  client: '\x1b[90m',
  server: '',
  message: '\x1b[1;32m',
  note: '\x1b[33m',
};
const PROMPT_STYLE = '\x1b[36m';
const PLAIN = '\x1b[0m';

/** The most columns one UTF-16 unit takes: a TAB. Everything else takes two at most. */
const TAB_COLUMNS = 8;
const WIDEST_COLUMNS = 2;

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  #turn: Promise<void> = Promise.resolve();
  #start: IMarker | undefined;
  #prompt = '';
  #text = '';
  #isDrawDue = false;

  /**
   * @param onInput Takes what is typed or pasted, as xterm's `onData` gives it.
   */
  constructor(element: HTMLElement, onInput: (data: string) => void) {
    styleThroughCssom();
    const prefersLight = matchMedia('(prefers-color-scheme: light)');
    this.#terminal = new Terminal({
      cursorBlink: true,
      fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
      fontSize: 15,
      lineHeight: 1.25,
      scrollback: 5000,
      theme: prefersLight.matches ? LIGHT : DARK,
    });
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.open(element);
    this.#terminal.attachCustomKeyEventHandler((event) => !this.#isForBrowser(event));
    this.#terminal.onData(onInput);
    new ResizeObserver(() => this.#fitToPage()).observe(element);
    prefersLight.addEventListener('change', ({ matches }) => {
      this.#terminal.options.theme = matches ? LIGHT : DARK;
    });
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Shows a line that stays. */
  print(line: string, speaker: Speaker): void {
    this.#inTurn(() => this.#write(`${STYLE[speaker]}${line}${PLAIN}\r\n`));
  }

  /** Shows a prompt, and behind it what has been typed so far. */
  ask(prompt: string, text: string): void {
    this.#text = text;
    this.#inTurn(() => {
      this.#start = this.#terminal.registerMarker(0);
      this.#prompt = prompt;
      return this.#drawTyped();
    });
  }

  /** Shows what has been typed since. */
  showTyped(text: string): void {
    this.#text = text;
    if (this.#isDrawDue) return;
    this.#isDrawDue = true;
    this.#inTurn(() => {
      this.#isDrawDue = false;
      return this.#drawTyped();
    });
  }

  /** Ends the line being typed: it stays, whole. */
  endTyped(text: string): void {
    this.#inTurn(async () => {
      await this.#draw(escapeControls(text));
      await this.#write('\r\n');
      this.#start?.dispose();
      this.#start = undefined;
    });
  }

  /** Draws what has been typed by now: more may have come since this turn was asked for. */
  #drawTyped(): Promise<void> {
    return this.#draw(this.#thatFits(this.#text));
  }

  async #draw(shown: string): Promise<void> {
    if (this.#start === undefined) return;
    const { baseY, cursorY } = this.#terminal.buffer.active;
    const rowsDown = baseY + cursorY - this.#start.line;
    const toStart = rowsDown > 0 ? `\x1b[${rowsDown}A\r` : '\r';
    await this.#write(`${toStart}\x1b[J${PROMPT_STYLE}${this.#prompt}${PLAIN}${shown}`);
  }

  /** The end of a text, as much as never scrolls the prompt off the screen. */
  #thatFits(text: string): string {
    const { cols, rows } = this.#terminal;
    const shown = escapeControls(text);
    const room = cols * (rows - 1) - this.#prompt.length;
    const widest = shown.includes('\t') ? TAB_COLUMNS : WIDEST_COLUMNS;
    if (shown.length * widest <= room) return shown;
    const tail = shown.slice(-Math.max(1, Math.floor(room / widest) - 1));
    return `…${tail.replace(/^[\udc00-\udfff]/, '')}`;
  }

  #fitToPage(): void {
    this.#inTurn(async () => {
      this.#fit.fit();
      await this.#drawTyped();
    });
  }

  /** Copy and paste are the browser's: as keys, they would be sent as Ctrl-C and Ctrl-V. */
  #isForBrowser({ ctrlKey, altKey, key }: KeyboardEvent): boolean {
    if (!ctrlKey || altKey) return false;
    const isCopy = key.toLowerCase() === 'c' && this.#terminal.hasSelection();
    return isCopy || key.toLowerCase() === 'v';
  }

  #write(data: string): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(data, resolve));
  }

  #inTurn(work: () => Promise<void>): void {
    // A turn that fails is told as any error of the page is, and the next one has its turn.
    this.#turn = this.#turn.then(work).catch(reportError);
  }
}
