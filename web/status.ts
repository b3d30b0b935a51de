// The header's word on the connection, and the button that brings it back.

export type ConnectionState = 'connecting' | 'connected' | 'closed';

const WORDS: Record<ConnectionState, string> = {
  connecting: 'connecting…',
  connected: 'connected',
  closed: 'not connected',
};

export class Status {
  readonly #words: HTMLElement;
  readonly #button: HTMLElement;

  /** @param reconnect Called when the button is pressed, which shows only while closed. */
  constructor(words: HTMLElement, button: HTMLElement, reconnect: () => void) {
    this.#words = words;
    this.#button = button;
    button.addEventListener('click', reconnect);
  }

  show(state: ConnectionState): void {
    this.#words.dataset['state'] = state;
    this.#words.textContent = WORDS[state];
    this.#button.hidden = state !== 'closed';
  }
}
