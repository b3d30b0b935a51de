// What a screen reader says: each line once, when it comes. A terminal that is drawn again and
// again cannot be read so.

/** Older lines were said, and are in the terminal. */
const MAX_LINES = 50;

export class Announcer {
  readonly #log: HTMLElement;
  /** Lines of this task: of a flood, only those that stay become elements. */
  #unsaid: string[] = [];
  #last: string | undefined;

  /** @param log A live region: what is added to it is read (WAI-ARIA 1.2, `log`). */
  constructor(log: HTMLElement) {
    this.#log = log;
  }

  /** Says a message of the day, which may reach the page in two ways, unless it was just said. */
  tell(message: string): void {
    if (this.#last !== message) this.say(message);
  }

  say(line: string): void {
    if (this.#unsaid.length === 0) queueMicrotask(() => this.#flush());
    this.#last = line;
    this.#unsaid.push(line);
    if (this.#unsaid.length > MAX_LINES) this.#unsaid.shift();
  }

  #flush(): void {
    for (const line of this.#unsaid.splice(0)) {
      const said = document.createElement('p');
      said.textContent = line;
      this.#log.append(said);
    }
    while (this.#log.childElementCount > MAX_LINES) this.#log.firstElementChild?.remove();
  }
}
