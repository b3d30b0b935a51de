// The terminal on the page: lines that stay, and below them the line being typed.
//
// What xterm.js is given it prints in order, when it finds time. It gets one piece at a time, and
// lines wait here meanwhile: a server that sends faster than xterm prints would fill the memory, or
// make it discard data. Of the lines that wait, those that would be scrolled away at once are dropped.

import { FitAddon } from '@xterm/addon-fit';
import { type ISearchOptions, SearchAddon } from '@xterm/addon-search';
import { WebLinksAddon } from '@xterm/addon-web-links';
import { type ITheme, Terminal } from '@xterm/xterm';
import type { Speaker } from '../../client/dialogue/conversation.ts';
import { limitGraphemes } from '../editor/limitGraphemes.ts';
import type { PromptLine } from '../editor/lineLayout.ts';
import { LinePainter } from '../editor/linePainter.ts';
import { LINK } from '../ui/links.pure.ts';
import { characterTable } from './characterTable.ts';
import { styleThroughCssom } from './cssom.ts';
import { scrollByTouch } from './touchScroll.ts';
import { linesOf } from './transcript.ts';

// SGR (ECMA-48, section 8.3.117): the words tell who speaks, color only makes it quick to see.
const STYLE: Record<Speaker, string> = {
  client: '\x1b[90m',
  server: '',
  message: '\x1b[1;32m',
  note: '\x1b[33m',
};
const PLAIN = '\x1b[0m';

/** Pastes come in brackets, and are told from keys (ctlseqs, mode 2004). */
const BRACKETED_PASTE = '\x1b[?2004h';

/** In lines above the screen. */
const SCROLLBACK = 5000;

/** What waits for xterm, in UTF-16 units: more than a whole history of long messages. */
const MAX_WAITING = 16 * 1024 * 1024;

const CLEAR_ALL = '\x1b[H\x1b[2J\x1b[3J';

export interface ScreenEvents {
  /** What was typed or pasted, as xterm's `onData` gives it. */
  typed(data: string): void;
  /** @returns Whether the page has a use for a key; the terminal then has none. */
  keyDown(event: KeyboardEvent): boolean;
}

export interface SearchResults {
  /** From 0; -1 where none is chosen. */
  index: number;
  count: number;
}

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #search = new SearchAddon();
  readonly #table = characterTable();
  readonly #painter = new LinePainter(this.#table);
  #line: PromptLine | undefined;
  #isLineHeld = false;
  /** Lines that stay, for the next piece; they take so many UTF-16 units. */
  #waiting: string[] = [];
  #waitingLength = 0;
  /** A piece is on its way to the screen, or about to be. */
  #isWriting = false;
  #isOutdated = false;

  constructor(element: HTMLElement, theme: ITheme, fontSize: number, events: ScreenEvents) {
    styleThroughCssom();
    this.#terminal = new Terminal({
      allowProposedApi: true,
      fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
      fontSize,
      lineHeight: 1.25,
      scrollback: SCROLLBACK,
      theme,
    });
    this.#terminal.unicode.register(this.#table);
    this.#terminal.unicode.activeVersion = this.#table.version;
    this.#terminal.loadAddon(this.#fit);
    this.#terminal.loadAddon(this.#search);
    this.#terminal.loadAddon(
      new WebLinksAddon((_event, url) => openApart(url), { urlRegex: LINK }),
    );
    this.#terminal.open(element);
    this.#fit.fit();
    this.#terminal.write(BRACKETED_PASTE);
    this.#terminal.attachCustomKeyEventHandler((event) => {
      return event.type !== 'keydown' || !events.keyDown(event);
    });
    this.#terminal.onData((data) => events.typed(data));
    scrollByTouch(
      element,
      (lines) => this.#terminal.scrollLines(lines),
      () => this.#rowHeight,
    );
    new ResizeObserver(() => this.#fitToPage()).observe(element);
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Whether keys are taken. */
  set takesKeys(takesKeys: boolean) {
    this.#terminal.options.disableStdin = !takesKeys;
    if (this.#terminal.textarea) this.#terminal.textarea.tabIndex = takesKeys ? 0 : -1;
  }

  set theme(theme: ITheme) {
    this.#terminal.options.theme = theme;
  }

  /** In CSS pixels. */
  set fontSize(fontSize: number) {
    this.#terminal.options.fontSize = fontSize;
    this.#fitToPage();
  }

  /** Shows a line that stays, above the one being typed. */
  print(line: string, speaker: Speaker): void {
    const text = limitGraphemes(line, this.#table);
    this.#enqueue(`${STYLE[speaker]}${text}${PLAIN}\r\n`);
  }

  /** Shows the line being typed. */
  show(line: PromptLine): void {
    this.#line = line;
    // A screen reader says it of where one types; the terminal's rows are drawn, and say nothing.
    if (this.#terminal.textarea) this.#terminal.textarea.ariaDescription = line.prompt;
    this.#update();
  }

  /** Takes the line being typed off the screen. */
  hide(): void {
    this.#line = undefined;
    this.#update();
  }

  /** Ends the line being typed: it stays, whole. */
  end(line: PromptLine): void {
    this.#line = undefined;
    this.#enqueue(this.#painter.drawFinal(line, this.#size));
  }

  /** Moves what is on the screen up, out of sight. */
  scrollAway(): void {
    this.#withoutLine(() => {
      const { cursorY } = this.#terminal.buffer.active;
      this.#terminal.write(`\x1b[${this.#terminal.rows}H${'\n'.repeat(cursorY)}\x1b[H`);
    });
  }

  /** Forgets everything but the line being typed. */
  clear(): void {
    this.#takeWaiting();
    this.#terminal.write(`${this.#painter.erase()}${CLEAR_ALL}`);
    this.#update();
  }

  scrollPages(pages: number): void {
    this.#terminal.scrollPages(pages);
  }

  /** What is selected; empty where nothing is. */
  get selection(): string {
    return this.#terminal.getSelection();
  }

  /** Everything that was printed and is kept, a line each. */
  get transcript(): string {
    return `${linesOf(this.#terminal.buffer.active).join('\n').trimEnd()}\n`;
  }

  /** Marks what is looked for, and goes to the next match, or the one before. */
  findMatch(text: string, direction: 'next' | 'previous', options: ISearchOptions): void {
    if (direction === 'next') this.#search.findNext(text, options);
    else this.#search.findPrevious(text, options);
  }

  onMatches(listener: (matches: SearchResults) => void): void {
    this.#search.onDidChangeResults(({ resultIndex, resultCount }) =>
      listener({ index: resultIndex, count: resultCount }),
    );
  }

  endSearch(): void {
    this.#search.clearDecorations();
    this.#terminal.clearSelection();
  }

  get #size(): { columns: number; rows: number } {
    return { columns: this.#terminal.cols, rows: this.#terminal.rows };
  }

  get #rowHeight(): number {
    return (this.#terminal.element?.clientHeight ?? 0) / this.#terminal.rows;
  }

  #enqueue(line: string): void {
    this.#waiting.push(line);
    this.#waitingLength += line.length;
    const isTooMany = this.#waiting.length > 2 * SCROLLBACK || this.#waitingLength > MAX_WAITING;
    if (isTooMany) this.#dropOldest();
    this.#update();
  }

  /** Keeps what the terminal would keep; half the room is then free, so this is rarely done. */
  #dropOldest(): void {
    const waiting = this.#takeWaiting();
    const most = SCROLLBACK + this.#terminal.rows;
    let first = waiting.length;
    while (first > 0 && waiting.length - first < most) {
      const length = waiting[first - 1]?.length ?? 0;
      if (this.#waitingLength + length > MAX_WAITING / 2) break;
      this.#waitingLength += length;
      first--;
    }
    this.#waiting = waiting.slice(first);
  }

  #takeWaiting(): string[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingLength = 0;
    return waiting;
  }

  /** Brings the screen up to date once this task is done, and xterm with the piece before. */
  #update(): void {
    this.#isOutdated = true;
    if (this.#isWriting) return;
    this.#isWriting = true;
    queueMicrotask(() => this.#writePiece());
  }

  #writePiece(): void {
    this.#isOutdated = false;
    const lines = this.#takeWaiting().join('');
    const erased = this.#painter.erase();
    const line = this.#isLineHeld ? undefined : this.#line;
    const drawn = line === undefined ? '' : this.#painter.draw(line, this.#size);
    this.#terminal.write(`${erased}${lines}${drawn}`, () => {
      this.#isWriting = false;
      if (this.#isOutdated) this.#update();
    });
  }

  #fitToPage(): void {
    const size = this.#fit.proposeDimensions();
    if (size === undefined) return;
    if (size.cols === this.#terminal.cols && size.rows === this.#terminal.rows) return;
    this.#withoutLine(() => {
      const reselect = this.#rememberSelection();
      this.#fit.fit();
      reselect?.();
    });
  }

  /**
   * xterm.js clears the selection when the number of rows changes. The search continues from the
   * selection: without it, the next match would be the first or the last one.
   *
   * @returns What selects the same text again, unless the number of columns has changed: it then
   * wraps differently. Undefined if nothing is selected.
   */
  #rememberSelection(): (() => void) | undefined {
    const selected = this.#terminal.getSelectionPosition();
    if (selected === undefined) return undefined;
    const { cols, buffer } = this.#terminal;
    const { start, end } = selected;
    const length = (end.y - start.y) * cols + end.x - start.x;
    // A marker follows its line when lines above it are dropped.
    const { baseY, cursorY } = buffer.active;
    const row = this.#terminal.registerMarker(start.y - baseY - cursorY);
    return () => {
      const isThere = !row.isDisposed && this.#terminal.cols === cols;
      if (isThere) this.#terminal.select(start.x, row.line, length);
      row.dispose();
    };
  }

  /**
   * Does something that the line being typed must not be on the screen for, once xterm is there.
   */
  #withoutLine(work: () => void): void {
    if (this.#isLineHeld) return;
    this.#isLineHeld = true;
    this.#terminal.write(this.#painter.erase(), () => {
      work();
      this.#isLineHeld = false;
      this.#update();
      // The page may have changed once more by now.
      this.#fitToPage();
    });
  }
}

/** The page that is opened knows nothing of this one. */
function openApart(url: string): void {
  open(url, '_blank', 'noopener,noreferrer');
}
