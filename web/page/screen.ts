// The page's terminal: printed lines, and below them the prompt with the line being typed.
//
// Output goes through a bounded queue. xterm.js buffers its input and renders it later: if a server
// sends faster than it renders, its buffer fills the memory, or it discards data. So it gets one
// batch at a time, and lines wait here for the next batch. If too many wait, the oldest are
// dropped: they would immediately be scrolled out of the scrollback.

import { FitAddon } from '@xterm/addon-fit';
import type { ITerminalAddon, ITheme, Terminal } from '@xterm/xterm';
import type { Speaker } from '../../client/dialogue/conversation.ts';
import type { ReplyClass } from '../../protocol/replies.ts';
import { limitGraphemes } from '../editor/limitGraphemes.ts';
import { expandTabs, type PromptLine } from '../editor/lineLayout.ts';
import { LinePainter } from '../editor/linePainter.ts';
import { unwrapWords, wrapWords } from '../editor/wrapWords.ts';
import { mayHaveLink } from '../ui/mayHaveLink.pure.ts';
import { CharacterTable } from './characterTable.ts';
import { styled } from './lineStyle.ts';
import { openTerminal, SCROLLBACK } from './openTerminal.ts';
import { OutputQueue } from './outputQueue.pure.ts';
import { rememberSelection } from './selectionKeeper.ts';
import { linesOf } from './transcript.ts';

/** DECTCEM (ctlseqs, mode 25). */
const SHOW_CURSOR = '\x1b[?25h';
const HIDE_CURSOR = '\x1b[?25l';

/** More rows than any screen has: the queue keeps all that the scrollback and the screen show. */
const MAX_ROWS = 1000;

const CLEAR_ALL = '\x1b[H\x1b[2J\x1b[3J';

export interface ScreenEvents {
  /** Typed or pasted data, from xterm's `onData`. */
  typed(data: string): void;
  /** @returns Whether the page or the browser handles the key, and the terminal does not. */
  keyDown(event: KeyboardEvent): boolean;
  /** Something was drawn. */
  drawn(): void;
  /** A part of the terminal could not be loaded. */
  loadFailed(part: ScreenPart): void;
}

/** The parts that are loaded when they are first used. */
export type ScreenPart = 'links' | 'characters';

/** A line that waits to be printed. */
interface QueuedLine {
  /** In UTF-16 units. */
  readonly length: number;
  /** @returns What to write to the terminal, in its current size. */
  draw(): string;
}

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #events: ScreenEvents;
  /** Resolves once the links in the terminal work, or could not be loaded. */
  #links: Promise<void> | undefined;
  readonly #table: CharacterTable;
  readonly #painter: LinePainter;
  #line: PromptLine | undefined;
  #acceptsInput = true;
  /** While true, the line is not drawn: the screen is being resized or scrolled. */
  #isLineSuspended = false;
  /** Lines to print with the next batch. */
  readonly #queue = new OutputQueue<QueuedLine>(SCROLLBACK + MAX_ROWS);
  /** Whether a batch is being written or scheduled. */
  #isWriting = false;
  /** Whether something changed since the current batch was written. */
  #isOutdated = false;

  constructor(element: HTMLElement, theme: ITheme, fontSize: number, events: ScreenEvents) {
    this.#events = events;
    this.#table = new CharacterTable(
      async () => (await import('./graphemeTable.ts')).graphemeTable(),
      () => events.loadFailed('characters'),
    );
    this.#painter = new LinePainter(this.#table);
    this.#terminal = openTerminal(element, this.#table, this.#fit, { theme, fontSize });
    this.#terminal.attachCustomKeyEventHandler((event) => {
      return event.type !== 'keydown' || !events.keyDown(event);
    });
    this.#terminal.onData((data) => events.typed(data));
    this.#terminal.onSelectionChange(() => this.#cleanPrimarySelection());
    element.addEventListener('copy', (event) => this.#copySelection(event), { capture: true });
    new ResizeObserver(() => this.#fitToPage()).observe(element);
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Shows no cursor. For a screen reader: keys type nothing, though the page still gets them. */
  setReadOnly(): void {
    this.#terminal.write(HIDE_CURSOR);
    if (this.#terminal.textarea) this.#terminal.textarea.readOnly = true;
  }

  /** The minimum contrast of any text with its background, whatever its colors (WCAG 2.2, 1.4.3). */
  set minimumContrast(ratio: number) {
    this.#terminal.options.minimumContrastRatio = ratio;
  }

  /** Whether the user types in the terminal. Elsewhere, it shows completed lines only. */
  set acceptsInput(acceptsInput: boolean) {
    if (acceptsInput === this.#acceptsInput) return;
    this.#acceptsInput = acceptsInput;
    this.#terminal.write(acceptsInput ? SHOW_CURSOR : HIDE_CURSOR);
    this.#update();
    this.#terminal.options.disableStdin = !acceptsInput;
    if (this.#terminal.textarea) this.#terminal.textarea.tabIndex = acceptsInput ? 0 : -1;
  }

  set theme(theme: ITheme) {
    this.#terminal.options.theme = theme;
  }

  /** In CSS pixels. */
  set fontSize(fontSize: number) {
    this.#terminal.options.fontSize = fontSize;
    this.#fitToPage();
  }

  /** Prints a line above the one being typed. The page's own notes wrap between words. */
  print(line: string, speaker: Speaker, reply?: ReplyClass): void {
    if (mayHaveLink(line)) this.#needLinks();
    this.#enqueue(line, () => {
      const limited = expandTabs(limitGraphemes(line, this.#table), this.#table);
      const rows =
        speaker === 'note' ? wrapWords(limited, this.#size.columns, this.#table) : [limited];
      return styled(rows, speaker, reply);
    });
  }

  /**
   * Shows the prompt and the line being typed.
   *
   * @param hint Described to a screen reader with the prompt.
   */
  showLine(line: PromptLine, hint = ''): void {
    this.#line = line;
    // Screen readers announce this for the input; they cannot read the terminal's rows.
    if (this.#terminal.textarea) this.#terminal.textarea.ariaDescription = line.prompt + hint;
    this.#table.prepareFor(line.prompt + line.text);
    this.#update();
  }

  /** Removes the line being typed from the screen. */
  hideLine(): void {
    this.#line = undefined;
    this.#update();
  }

  /** Prints the completed line in place of the one being typed. */
  completeLine(line: PromptLine): void {
    this.#line = undefined;
    if (mayHaveLink(line.text)) this.#needLinks();
    this.#enqueue(line.prompt + line.text, () => this.#painter.drawFinal(line, this.#size));
  }

  /** Scrolls everything but the line being typed out of view; it stays in the scrollback. */
  scrollOutOfView(): void {
    this.#withoutLine(() => {
      const { cursorY } = this.#terminal.buffer.active;
      this.#terminal.write(`\x1b[${this.#terminal.rows}H${'\n'.repeat(cursorY)}\x1b[H`);
    });
  }

  /** Deletes everything but the line being typed. */
  clear(): void {
    this.#queue.take();
    this.#terminal.write(`${this.#painter.erase()}${CLEAR_ALL}`);
    this.#update();
  }

  scrollPages(pages: number): void {
    this.#terminal.scrollPages(pages);
  }

  scrollLines(lines: number): void {
    this.#terminal.scrollLines(lines);
  }

  /** The selected text, or an empty string. */
  get selection(): string {
    return unwrapWords(this.#terminal.getSelection());
  }

  /** All lines, including the scrollback. */
  get transcript(): string {
    return `${unwrapWords(linesOf(this.#terminal.buffer.active).join('\n')).trimEnd()}\n`;
  }

  clearSelection(): void {
    this.#terminal.clearSelection();
  }

  loadAddon(addon: ITerminalAddon): void {
    this.#terminal.loadAddon(addon);
  }

  /** Where the free rows begin, in CSS pixels from the top of the terminal. */
  get freeRowsTop(): number {
    const rows = this.#terminal.buffer.active.cursorY + (this.#acceptsInput ? 1 : 0);
    return rows * this.rowHeight;
  }

  /** In CSS pixels. */
  get rowHeight(): number {
    return (this.#terminal.element?.clientHeight ?? 0) / this.#terminal.rows;
  }

  get #size(): { columns: number; rows: number } {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  /** In place of xterm.js, which would copy the ends of the rows, too. */
  #copySelection(event: ClipboardEvent): void {
    const { selection } = this;
    if (selection === '') return;
    event.clipboardData?.setData('text/plain', selection);
    event.preventDefault();
    event.stopPropagation();
  }

  /** On Linux, a middle click pastes what xterm.js has selected in its text area. */
  #cleanPrimarySelection(): void {
    const { textarea } = this.#terminal;
    if (textarea === undefined) return;
    const text = unwrapWords(textarea.value);
    if (text === textarea.value) return;
    textarea.value = text;
    textarea.select();
  }

  #needLinks(): void {
    this.#links ??= import('../ui/links.ts').then(
      ({ addLinks }) => addLinks(this.#terminal),
      () => this.#events.loadFailed('links'),
    );
  }

  #enqueue(text: string, draw: () => string): void {
    this.#table.prepareFor(text);
    this.#queue.add({ length: text.length, draw });
    this.#update();
  }

  /** Schedules a batch: after this task, and after xterm.js has rendered the batch before. */
  #update(): void {
    this.#isOutdated = true;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => void this.#writeBatch());
  }

  async #writeBatch(): Promise<void> {
    if (this.#table.loaded !== undefined) await this.#table.loaded;
    this.#isOutdated = false;
    const queued = this.#queue.take();
    const line = this.#isLineSuspended || !this.#acceptsInput ? undefined : this.#line;
    const isBelow = queued.length > 0 || line === undefined;
    const erased = isBelow ? this.#painter.erase() : '';
    const lines = queued.map((one) => one.draw()).join('');
    const drawn = line === undefined ? '' : this.#painter.draw(line, this.#size);
    this.#terminal.write(`${erased}${lines}${drawn}`, () => {
      this.#isWriting = false;
      this.#events.drawn();
      if (this.#isOutdated) this.#update();
    });
  }

  #fitToPage(): void {
    const size = this.#fit.proposeDimensions();
    if (size === undefined) return;
    if (size.cols === this.#terminal.cols && size.rows === this.#terminal.rows) return;
    this.#withoutLine(() => {
      const reselect = rememberSelection(this.#terminal);
      this.#fit.fit();
      reselect?.();
    });
  }

  /** Runs an action while the line being typed is erased, once xterm.js has rendered that. */
  #withoutLine(action: () => void): void {
    if (this.#isLineSuspended) return;
    this.#isLineSuspended = true;
    this.#terminal.write(this.#painter.erase(), () => {
      action();
      this.#isLineSuspended = false;
      this.#update();
      // The size may have changed again in the meantime.
      this.#fitToPage();
    });
  }
}
