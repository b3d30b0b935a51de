// The line being typed. Pure: keys come in as xterm.js gives them, lines come out. What was typed
// before a line was asked for is kept and answers the next question.

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

const ENTER = '\r';
const BACKSPACE = '\x7f';
const ERASE_LINE = '\x15'; // Ctrl-U, as in every terminal (termios(3), VKILL).

// What a key without a character sends (ECMA-48, section 5.4: CSI; ctlseqs: SS3, Alt).
const KEY_SEQUENCE = /^\x1b(?:\[[\d;]*[~A-Za-z]|O[A-Za-z]|[^[O])?$/u;

export class LineEditor {
  #text = '';
  readonly #ended: string[] = [];

  /** The line under way: what was typed since the last Enter. */
  get text(): string {
    return this.#text;
  }

  /**
   * Takes what was typed or pasted.
   *
   * @param data What xterm's `onData` gives: characters, one control character or escape sequence
   *   for a key, or a whole paste with CR for its line ends.
   */
  type(data: string): void {
    // The Tab key or a cursor key has nowhere to go on this line. A TAB in a paste is text.
    if (data === '\t' || KEY_SEQUENCE.test(data)) return;
    const keys = data.replace(/\r\n|\n/g, ENTER);
    for (const { segment } of graphemes.segment(keys)) this.#key(segment);
  }

  /** Takes the oldest line that was ended with Enter; `undefined` where there is none. */
  takeLine(): string | undefined {
    return this.#ended.shift();
  }

  /** Forgets everything typed. */
  clear(): void {
    this.#text = '';
    this.#ended.length = 0;
  }

  #key(key: string): void {
    switch (key) {
      case ENTER:
        this.#ended.push(this.#text);
        this.#text = '';
        break;
      case BACKSPACE:
        this.#text = this.#text.slice(0, lastGrapheme(this.#text));
        break;
      case ERASE_LINE:
        this.#text = '';
        break;
      default:
        if (key >= ' ' || key === '\t') this.#text += key;
    }
  }
}

/** Where the last character a person sees begins: an emoji with its skin tone is one. */
function lastGrapheme(text: string): number {
  let start = 0;
  for (const { index } of graphemes.segment(text)) start = index;
  return start;
}
