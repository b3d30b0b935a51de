// The connection's status in the header: the state, its reason, a countdown to the next attempt,
// and a button that connects now.

import { requireElement } from '../ui/dom.ts';
import type { ConnectionState } from './reconnectingSocket.ts';

interface StatusElements {
  light: HTMLElement;
  /** A live region. It changes only with the state, so that screen readers stay quiet. */
  text: HTMLElement;
  countdown: HTMLElement;
  button: HTMLElement;
}

/** What the page connects to. */
export interface StatusSubject {
  /** The name of the target; without it, it is the default one. */
  name: string | undefined;
  isReadOnly: boolean;
}

const TICK_MS = 250;

/** The texts of the button, other than `Try now`. */
const BUTTONS: Partial<Record<ConnectionState['is'], string>> = {
  ended: 'Connect',
  loggedOut: 'Log in',
};

/** If a reply takes longer, the status offers to reconnect. */
const REPLY_TIMEOUT_MS = 5_000;

export class ConnectionStatus {
  readonly #elements: StatusElements;
  readonly #subject: StatusSubject;
  readonly #focusElsewhere: () => void;
  #state: ConnectionState = { is: 'connecting' };
  #ticking: ReturnType<typeof setInterval> | undefined;
  #replyTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param connect Called when the button is pressed. The button shows only if there is a problem.
   * @param focusElsewhere Called before the button is hidden while it has the focus.
   */
  constructor(
    document: Document,
    subject: StatusSubject,
    connect: () => void,
    focusElsewhere: () => void,
  ) {
    this.#subject = subject;
    this.#elements = {
      light: requireElement(document, '#status-light'),
      text: requireElement(document, '#status'),
      countdown: requireElement(document, '#countdown'),
      button: requireElement(document, '#try-now'),
    };
    this.#focusElsewhere = focusElsewhere;
    this.#elements.button.addEventListener('click', connect);
  }

  /** Starts or stops to wait for a reply. One that is overdue shows in the status. */
  setAwaitingReply(isAwaiting: boolean): void {
    clearTimeout(this.#replyTimer);
    if (isAwaiting) this.#replyTimer = setTimeout(() => this.#showUnresponsive(), REPLY_TIMEOUT_MS);
    else if (this.#state.is === 'connected') this.show(this.#state);
  }

  #showUnresponsive(): void {
    const { light, text, button } = this.#elements;
    light.dataset['state'] = 'unresponsive';
    text.textContent = 'connected, but the server is not responding';
    button.textContent = 'Reconnect';
    button.hidden = false;
  }

  show(state: ConnectionState): void {
    clearInterval(this.#ticking);
    // Leave the live region alone: a screen reader would announce every attempt.
    if (state.is === 'connecting' && isLost(this.#state))
      this.#elements.countdown.textContent = 'connecting…';
    else this.#enter(state);
  }

  #enter(state: ConnectionState): void {
    const { light, text, button, countdown } = this.#elements;
    this.#state = state;
    light.dataset['state'] = state.is;
    const description = describe(state, this.#subject);
    if (text.textContent !== description) text.textContent = description;
    const isHidden = state.is === 'connecting' || state.is === 'connected';
    if (isHidden && document.activeElement === button) this.#focusElsewhere();
    button.hidden = isHidden;
    button.textContent = BUTTONS[state.is] ?? 'Try now';
    countdown.textContent = '';
    if (state.is !== 'waiting') return;
    this.#countDown(state.nextAtMs);
    this.#ticking = setInterval(() => this.#countDown(state.nextAtMs), TICK_MS);
  }

  #countDown(toMs: number): void {
    const seconds = Math.max(0, Math.ceil((toMs - performance.now()) / 1000));
    this.#elements.countdown.textContent = `retrying in ${seconds} s`;
  }
}

function isLost({ is }: ConnectionState): boolean {
  return is === 'waiting' || is === 'offline' || is === 'loggedOut';
}

function describe(state: ConnectionState, { name, isReadOnly }: StatusSubject): string {
  switch (state.is) {
    case 'connecting':
      return name === undefined ? 'connecting…' : `connecting to ${name}…`;
    case 'connected':
      return isReadOnly ? 'connected, read only' : 'connected';
    case 'waiting':
    case 'loggedOut':
    case 'ended':
      return `not connected: ${state.reason}`;
    case 'offline':
      return `offline: ${state.reason}; reconnecting when the network is back`;
  }
}
