// The line being typed. Pure: keys come in as xterm.js gives them; lines come out, and what the
// person wants beside them. What was typed before a line was asked for is kept, and answers the
// next question.
//
//   editing   --Ctrl-R--> searching, from the newest line on
//   searching --text, Backspace, Ctrl-R--> searching, elsewhere
//             --Escape--> editing what was found
//             --Ctrl-G, Ctrl-C--> editing what was there before
//             --any other key--> editing what was found, and the key does what it does there

import {
  blankLeft,
  cut,
  type EditedLine,
  EMPTY_LINE,
  editedLine,
  insert,
  left,
  type Motion,
  move,
  right,
  toEnd,
  toStart,
  wordLeft,
  wordRight,
} from './editedLine.ts';
import { type EditorCommand, type EditorKey, type MotionName, readKeys } from './editorKeys.ts';
import type { LineHistory } from './lineHistory.ts';

/** What a person wants that is no line. */
export type EditorRequest =
  /** Ctrl-C: this text, and all typed ahead, is given up. */
  | { request: 'interrupt'; text: string }
  /** Ctrl-D on an empty line: the conversation is to end. */
  | { request: 'leave' }
  /** What was to be put in does not fit. */
  | { request: 'room' }
  /** Ctrl-L */
  | { request: 'clearScreen' }
  /** Tab, where more than one word goes on like this. */
  | { request: 'choices'; words: readonly string[] };

/** What is asked for, as far as typing goes. */
export interface InputOptions {
  /** What Tab completes. */
  words: readonly string[];
  /** A secret is completed with no line of before, and nothing of it is yanked later. */
  isSecret: boolean;
}

/** What stands on the screen in place of the prompt while a line is looked for. */
export interface HistorySearch {
  wanted: string;
  isFound: boolean;
}

const MOTIONS: Readonly<Record<MotionName, Motion>> = {
  left,
  right,
  wordLeft,
  wordRight,
  blankLeft,
  start: toStart,
  end: toEnd,
};

/** In UTF-16 units: what is drawn again with each key, and sent in one. */
export const MAX_LINE_LENGTH = 64 * 1024;

/** What is looked for in the lines of before, as long as a prompt can show. */
const MAX_WANTED_LENGTH = 256;

type EditorState =
  /** `browsing` is the line of before that was brought back, and what was typed at first. */
  | { at: 'editing'; browsing?: { index: number; typed: string } }
  | { at: 'searching'; wanted: string; index: number; isFound: boolean; before: EditedLine };

export class LineEditor {
  readonly #history: LineHistory;
  #answering: InputOptions = { words: [], isSecret: false };
  #line = EMPTY_LINE;
  #state: EditorState = { at: 'editing' };
  #killed = '';
  /** Kills without another key between them are yanked as one. */
  #isKilling = false;
  readonly #ended: string[] = [];

  constructor(history: LineHistory) {
    this.#history = history;
  }

  /** The line under way: what was typed since the last Enter, and the cursor in it. */
  get line(): EditedLine {
    return this.#line;
  }

  /** The search under way. */
  get search(): HistorySearch | undefined {
    return this.#state.at === 'searching' ? this.#state : undefined;
  }

  /** A line is asked for. What was typed already stands on it. */
  ask(answering: InputOptions): void {
    if (this.#answering.isSecret) this.#killed = '';
    this.#answering = answering;
    if (answering.isSecret) this.#state = { at: 'editing' };
  }

  /**
   * Takes what was typed or pasted.
   *
   * @param data What xterm's `onData` gives.
   * @returns What the person wants besides, in order.
   */
  type(data: string): EditorRequest[] {
    const requests: EditorRequest[] = [];
    for (const key of readKeys(data)) {
      const request = this.#press(key);
      if (request !== undefined) requests.push(request);
    }
    return requests;
  }

  /** Takes the oldest line that was ended with Enter; `undefined` where there is none. */
  takeLine(): string | undefined {
    return this.#ended.shift();
  }

  /** Puts a text in place of the line under way. */
  replace(text: string): void {
    this.#line = editedLine(text);
    this.#state = { at: 'editing' };
  }

  /**
   * Forgets the lines that wait; the one under way stays.
   *
   * @returns Whether there were any.
   */
  forgetAhead(): boolean {
    return this.#ended.splice(0).length > 0;
  }

  #press(key: EditorKey): EditorRequest | undefined {
    const wasKilling = this.#isKilling;
    this.#isKilling = false;
    if (this.#state.at === 'searching' && this.#pressSearching(key, this.#state)) return undefined;
    switch (key.key) {
      case 'text':
        return this.#insert(key.text);
      case 'move':
        this.#line = move(this.#line, MOTIONS[key.to]);
        return undefined;
      case 'delete':
        this.#edit(cut(this.#line, MOTIONS[key.to]).line);
        return undefined;
      case 'kill':
        this.#kill(MOTIONS[key.to], wasKilling);
        return undefined;
      default:
        return this.#pressNamed(key.key);
    }
  }

  #pressNamed(key: EditorCommand): EditorRequest | undefined {
    switch (key) {
      case 'enter':
        this.#ended.push(this.#line.text);
        this.replace('');
        return undefined;
      case 'yank':
        return this.#insert(this.#killed);
      case 'previous':
        this.#browse(-1);
        return undefined;
      case 'next':
        this.#browse(1);
        return undefined;
      case 'search':
        this.#beginSearch();
        return undefined;
      case 'complete':
        return this.#complete();
      case 'interrupt':
        return this.#interrupt();
      case 'deleteOrLeave':
        if (this.#line.text === '') return { request: 'leave' };
        this.#edit(cut(this.#line, right).line);
        return undefined;
      case 'clearScreen':
        return { request: 'clearScreen' };
      case 'abort':
      case 'escape':
        return undefined;
    }
  }

  #insert(text: string): EditorRequest | undefined {
    if (this.#line.text.length + text.length > MAX_LINE_LENGTH) return { request: 'room' };
    this.#edit(insert(this.#line, text));
    return undefined;
  }

  /** An edit of a line of before makes it a line of now. */
  #edit(line: EditedLine): void {
    this.#line = line;
    this.#state = { at: 'editing' };
  }

  #kill(motion: Motion, wasKilling: boolean): void {
    const isForward = motion(this.#line) > this.#line.cursor;
    const { line, cut: killed } = cut(this.#line, motion);
    this.#edit(line);
    const before = wasKilling ? this.#killed : '';
    if (killed !== '') this.#killed = isForward ? before + killed : killed + before;
    this.#isKilling = true;
  }

  #interrupt(): EditorRequest {
    const { text } = this.#line;
    this.forgetAhead();
    this.replace('');
    return { request: 'interrupt', text };
  }

  /** Goes back or forth in the lines of before; beyond the newest is what was typed at first. */
  #browse(step: -1 | 1): void {
    if (this.#answering.isSecret || this.#state.at !== 'editing') return;
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

  #beginSearch(): void {
    if (this.#answering.isSecret) return;
    const index = this.#history.lines.length;
    this.#state = { at: 'searching', wanted: '', index, isFound: true, before: this.#line };
  }

  /** @returns Whether the key was for the search. */
  #pressSearching(key: EditorKey, search: EditorState & { at: 'searching' }): boolean {
    switch (key.key) {
      case 'text':
        this.#find(
          search,
          `${search.wanted}${key.text}`.slice(0, MAX_WANTED_LENGTH),
          search.index + 1,
        );
        return true;
      case 'delete':
        if (key.to !== 'left') break;
        this.#find(
          search,
          cut(editedLine(search.wanted), left).line.text,
          this.#history.lines.length,
        );
        return true;
      case 'search':
        this.#find(search, search.wanted, search.index);
        return true;
      case 'abort':
      case 'interrupt':
        this.#edit(search.before);
        return true;
      case 'escape':
        this.#state = { at: 'editing' };
        return true;
    }
    this.#state = { at: 'editing' };
    return false;
  }

  /** Shows the newest line below `before` that holds what is wanted; else what was shown stays. */
  #find(search: EditorState & { at: 'searching' }, wanted: string, before: number): void {
    const index = wanted === '' ? undefined : this.#history.find(wanted, before);
    if (index === undefined) {
      this.#state = { ...search, wanted, isFound: wanted === '' };
      return;
    }
    const text = this.#history.lines[index] ?? '';
    this.#line = editedLine(text, text.indexOf(wanted));
    this.#state = { ...search, wanted, index, isFound: true };
  }

  /**
   * Completes the only word that goes on like this, in either case, or what all such words share.
   */
  #complete(): EditorRequest | undefined {
    const { text, cursor } = this.#line;
    if (text === '' || cursor < text.length) return undefined;
    const words = this.#answering.words.filter((word) => word.startsWith(text.toUpperCase()));
    const shared = sharedStart(words);
    if (shared.length > text.length || words.length === 1) this.#edit(editedLine(shared));
    else if (words.length > 1) return { request: 'choices', words };
    return undefined;
  }
}

function sharedStart(words: readonly string[]): string {
  const [first = '', ...others] = words;
  let length = first.length;
  for (const other of others) {
    while (!other.startsWith(first.slice(0, length))) length--;
  }
  return first.slice(0, length);
}
