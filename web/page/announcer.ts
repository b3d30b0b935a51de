// Announces lines to screen readers, each one once. The terminal itself is of no use to them: it is
// redrawn again and again.

/** Older lines were announced, and are still in the terminal. */
const MAX_LINES = 50;

export class Announcer {
  readonly #log: HTMLElement;
  /** The lines of the current task: if there are many, only the last ones become elements. */
  #pending: string[] = [];
  #last: string | undefined;

  /** @param log A live region: what is added to it is announced (WAI-ARIA 1.2, `log`). */
  constructor(log: HTMLElement) {
    this.#log = log;
  }

  /**
   * Announces a message of the day, unless it is the last line: it may arrive both in the terminal
   * and as the live message.
   */
  announceMessage(message: string): void {
    if (this.#last !== message) this.announce(message);
  }

  announce(line: string): void {
    if (this.#pending.length === 0) queueMicrotask(() => this.#flush());
    this.#last = line;
    this.#pending.push(line);
    if (this.#pending.length > MAX_LINES) this.#pending.shift();
  }

  #flush(): void {
    for (const line of this.#pending.splice(0)) {
      const paragraph = document.createElement('p');
      paragraph.textContent = line;
      this.#log.append(paragraph);
    }
    while (this.#log.childElementCount > MAX_LINES) this.#log.firstElementChild?.remove();
  }
}
