// The header's word on the connection: what it is, why, when it is tried again, and the button that
// tries now.

import type { ConnectionState } from './reconnectingSocket.ts';

export interface ConnectionStatusElements {
  light: HTMLElement;
  /** A live region: its words change when the state does, and not each second. */
  words: HTMLElement;
  countdown: HTMLElement;
  button: HTMLElement;
}

const TICK_MS = 250;

export class ConnectionStatus {
  readonly #parts: ConnectionStatusElements;
  readonly #focusElsewhere: () => void;
  #state: ConnectionState = { is: 'connecting' };
  #ticking: ReturnType<typeof setInterval> | undefined;

  /**
   * @param connect Called when the button is pressed, which shows only while all is not well.
   * @param focusElsewhere Called when the button is about to be hidden and has the focus.
   */
  constructor(parts: ConnectionStatusElements, connect: () => void, focusElsewhere: () => void) {
    this.#parts = parts;
    this.#focusElsewhere = focusElsewhere;
    parts.button.addEventListener('click', connect);
  }

  /** Says that the server, to all appearances connected, does not answer. */
  showSilence(): void {
    const { light, words, button } = this.#parts;
    light.dataset['state'] = 'silent';
    words.textContent = 'connected, but the server is not responding';
    button.textContent = 'Reconnect';
    button.hidden = false;
  }

  show(state: ConnectionState): void {
    clearInterval(this.#ticking);
    // A further try is no news, which a screen reader would tell each time.
    if (state.is === 'connecting' && isLost(this.#state))
      this.#parts.countdown.textContent = 'connecting…';
    else this.#enter(state);
  }

  #enter(state: ConnectionState): void {
    const { light, words, button, countdown } = this.#parts;
    this.#state = state;
    light.dataset['state'] = state.is;
    const said = wordsFor(state);
    if (words.textContent !== said) words.textContent = said;
    const isHidden = state.is === 'connecting' || state.is === 'connected';
    if (isHidden && document.activeElement === button) this.#focusElsewhere();
    button.hidden = isHidden;
    button.textContent = state.is === 'ended' ? 'Connect' : 'Try now';
    countdown.textContent = '';
    if (state.is !== 'waiting') return;
    this.#countDown(state.nextAtMs);
    this.#ticking = setInterval(() => this.#countDown(state.nextAtMs), TICK_MS);
  }

  #countDown(toMs: number): void {
    const seconds = Math.max(0, Math.ceil((toMs - performance.now()) / 1000));
    this.#parts.countdown.textContent = `retrying in ${seconds} s`;
  }
}

function isLost({ is }: ConnectionState): boolean {
  return is === 'waiting' || is === 'offline';
}

function wordsFor(state: ConnectionState): string {
  switch (state.is) {
    case 'connecting':
      return 'connecting…';
    case 'connected':
      return 'connected';
    case 'waiting':
    case 'ended':
      return `not connected: ${state.reason}`;
    case 'offline':
      return `offline: ${state.reason}; reconnecting when the network is back`;
  }
}
