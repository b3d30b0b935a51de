// A line editor like readline(3). Pure: it takes the data of xterm.js, and gives completed lines
// and requests that are not lines. Lines typed before the next prompt are kept as type-ahead, and
// answer the prompts to come.
//
//   editing   --Ctrl-R--> searching, from the newest line back
//   searching --text, Backspace, Ctrl-R--> searching, at another line
//             --Escape--> editing the line that was found
//             --Ctrl-G, Ctrl-C--> editing the line from before the search
//             --any other key--> editing the line that was found, with the effect of that key

import {
  type EditedLine,
  EMPTY_LINE,
  editedLine,
  insert,
  left,
  type Motion,
  move,
  remove,
  right,
  toEnd,
  toStart,
  whitespaceLeft,
  wordLeft,
  wordRight,
} from './editedLine.ts';
import { type EditorCommand, type EditorKey, type MotionName, parseKeys } from './editorKeys.ts';
import { type HistorySearch, pressInSearch, startSearch } from './historySearch.ts';
import type { LineHistory } from './lineHistory.ts';

/** A key's request to the page, other than a line. */
export type EditorRequest =
  /** Ctrl-C: the user discarded this text, and all type-ahead. */
  | { request: 'interrupt'; text: string }
  /** Ctrl-D on an empty line. */
  | { request: 'endSession' }
  /** The inserted text would make the line too long; nothing was inserted. */
  | { request: 'reportTooLong' }
  /** Ctrl-L */
  | { request: 'clearScreen' }
  /** Tab, if several words match. */
  | { request: 'showCompletions'; words: readonly string[] };

/** Options for the line that the current prompt asks for. */
export interface InputOptions {
  /** Words that Tab completes. */
  completions: readonly string[];
  /**
   * A secret has no history, and its deleted text cannot be yanked into a later line. The same goes
   * for the deleted text of a line that is completed before its prompt.
   */
  isSecret: boolean;
}

const MOTIONS: Readonly<Record<MotionName, Motion>> = {
  left,
  right,
  wordLeft,
  wordRight,
  whitespaceLeft,
  start: toStart,
  end: toEnd,
};

/** In UTF-16 units. Each key redraws the whole line, and Enter sends it in one piece. */
export const MAX_LINE_LENGTH = 64 * 1024;

type EditorState =
  /**
   * `browsing`: the index of a line from the history, and the text typed before it was recalled.
   */
  | { at: 'editing'; browsing?: { index: number; typed: string } }
  | { at: 'searching'; search: HistorySearch };

export class LineEditor {
  readonly #history: LineHistory;
  #options: InputOptions = { completions: [], isSecret: false };
  /** Whether a prompt asks for the line being typed. Otherwise, the next one may ask for a secret. */
  #isPrompted = false;
  #line = EMPTY_LINE;
  #state: EditorState = { at: 'editing' };
  #killBuffer = '';
  /** Whether the last key was a kill: consecutive kills are yanked as one. */
  #wasKill = false;
  readonly #completedLines: string[] = [];

  constructor(history: LineHistory) {
    this.#history = history;
  }

  /** The line being typed, with its cursor. */
  get line(): EditedLine {
    return this.#line;
  }

  /** The current search, if any. */
  get search(): HistorySearch | undefined {
    return this.#state.at === 'searching' ? this.#state.search : undefined;
  }

  /** Starts a prompt. Text that was typed before stays on the line. */
  startPrompt(options: InputOptions): void {
    if (this.#options.isSecret) this.#killBuffer = '';
    this.#options = options;
    this.#isPrompted = true;
    if (options.isSecret) this.#state = { at: 'editing' };
  }

  /**
   * Handles keys and pastes.
   *
   * @param data From xterm's `onData`.
   * @returns The requests, in order. Completed lines are taken with `takeLine`.
   */
  type(data: string): EditorRequest[] {
    const requests: EditorRequest[] = [];
    for (const key of parseKeys(data)) {
      const request = this.#press(key);
      if (request !== undefined) requests.push(request);
    }
    return requests;
  }

  /** Whether there are completed lines that were not taken. */
  get hasTypeAhead(): boolean {
    return this.#completedLines.length > 0;
  }

  /** Takes the oldest completed line, as the answer to the prompt; `undefined` if there is none. */
  takeLine(): string | undefined {
    if (this.hasTypeAhead) this.#isPrompted = false;
    return this.#completedLines.shift();
  }

  /** Replaces the line being typed. */
  replace(text: string): void {
    this.#line = editedLine(text);
    this.#state = { at: 'editing' };
  }

  /** Discards the completed lines, and keeps the one being typed. */
  discardTypeAhead(): void {
    this.#completedLines.length = 0;
  }

  #press(key: EditorKey): EditorRequest | undefined {
    const wasKill = this.#wasKill;
    this.#wasKill = false;
    if (this.#state.at === 'searching' && this.#pressSearching(key, this.#state.search)) {
      return undefined;
    }
    switch (key.key) {
      case 'text':
        return this.#insert(key.text);
      case 'move':
        this.#line = move(this.#line, MOTIONS[key.to]);
        return undefined;
      case 'delete':
        this.#edit(remove(this.#line, MOTIONS[key.to]).line);
        return undefined;
      case 'kill':
        this.#kill(MOTIONS[key.to], wasKill);
        return undefined;
      default:
        return this.#runCommand(key.key);
    }
  }

  #runCommand(command: EditorCommand): EditorRequest | undefined {
    switch (command) {
      case 'enter':
        this.#completedLines.push(this.#line.text);
        this.replace('');
        // What is typed next belongs to a later prompt, which may not be secret.
        if (this.#options.isSecret || !this.#isPrompted) this.#killBuffer = '';
        return undefined;
      case 'yank':
        return this.#insert(this.#killBuffer);
      case 'historyPrevious':
        this.#browse(-1);
        return undefined;
      case 'historyNext':
        this.#browse(1);
        return undefined;
      case 'historySearch':
        this.#startSearch();
        return undefined;
      case 'complete':
        return this.#complete();
      case 'interrupt':
        return this.#interrupt();
      case 'deleteOrEndSession':
        if (this.#line.text === '') return { request: 'endSession' };
        this.#edit(remove(this.#line, right).line);
        return undefined;
      case 'clearScreen':
        return { request: 'clearScreen' };
      case 'abort':
      case 'escape':
        return undefined;
    }
  }

  #insert(text: string): EditorRequest | undefined {
    if (this.#line.text.length + text.length > MAX_LINE_LENGTH) return { request: 'reportTooLong' };
    this.#edit(insert(this.#line, text));
    return undefined;
  }

  /** Editing a line from the history ends browsing: the edited line becomes the current one. */
  #edit(line: EditedLine): void {
    this.#line = line;
    this.#state = { at: 'editing' };
  }

  #kill(motion: Motion, wasKill: boolean): void {
    const isForward = motion(this.#line) > this.#line.cursor;
    const { line, removed: killed } = remove(this.#line, motion);
    this.#edit(line);
    const before = wasKill ? this.#killBuffer : '';
    if (killed !== '') this.#killBuffer = isForward ? before + killed : killed + before;
    this.#wasKill = true;
  }

  #interrupt(): EditorRequest {
    const { text } = this.#line;
    this.discardTypeAhead();
    this.replace('');
    return { request: 'interrupt', text };
  }

  /** Recalls an older or newer line; after the newest one comes the text typed at first. */
  #browse(step: -1 | 1): void {
    if (this.#options.isSecret || this.#state.at !== 'editing') return;
    const { lines } = this.#history;
    const { index, typed } = this.#state.browsing ?? {
      index: lines.length,
      typed: this.#line.text,
    };
    const next = index + step;
    if (next < 0 || next > lines.length) return;
    this.#line = editedLine(lines[next] ?? typed);
    this.#state =
      next === lines.length
        ? { at: 'editing' }
        : { at: 'editing', browsing: { index: next, typed } };
  }

  #startSearch(): void {
    if (this.#options.isSecret) return;
    this.#state = { at: 'searching', search: startSearch(this.#history, this.#line) };
  }

  /** @returns Whether the search used the key. */
  #pressSearching(key: EditorKey, search: HistorySearch): boolean {
    const move = pressInSearch(search, key, this.#history);
    if (move.to === 'searching') this.#state = { at: 'searching', search: move.search };
    else this.#state = { at: 'editing' };
    if (move.to === 'key') return false;
    if (move.line !== undefined) this.#line = move.line;
    return true;
  }

  /** Completes the only word that matches, ignoring case, or the common start of all that match. */
  #complete(): EditorRequest | undefined {
    const { text, cursor } = this.#line;
    if (text === '' || cursor < text.length) return undefined;
    const typed = text.toUpperCase();
    const matches = this.#options.completions.filter((word) =>
      word.toUpperCase().startsWith(typed),
    );
    const prefix = commonPrefix(matches);
    if (prefix.length > text.length || matches.length === 1) this.#edit(editedLine(prefix));
    else if (matches.length > 1) {
      return { request: 'showCompletions', words: matches.map((word) => word.trimEnd()) };
    }
    return undefined;
  }
}

function commonPrefix(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
