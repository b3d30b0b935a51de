// The connection's status in the header: the state, its reason, a countdown to the next attempt,
// and a button that connects now.
//
//   connected     --a line is sent--> awaitingReply
//   awaitingReply --a reply--> connected
//                 --5 s--> unresponsive --a reply--> connected
//   lost          --the next attempt--> lost, without a countdown
//
// Every other move is that of the connection (connectionState.pure.ts).

import type { Ending } from '../../client/dialogue/conversation.ts';
import { requireElement } from '../ui/dom.ts';
import { element } from '../ui/element.ts';
import type { ConnectionState } from './connectionState.pure.ts';
import { type Status, type StatusSubject, statusOf, UNRESPONSIVE } from './status.pure.ts';

interface StatusElements {
  light: HTMLElement;
  /** A live region. It changes only with the state, so that screen readers stay quiet. */
  text: HTMLElement;
  countdown: HTMLElement;
  button: HTMLElement;
}

type Timer = ReturnType<typeof setTimeout>;

type State =
  | { is: 'connected' }
  | { is: 'awaitingReply'; timer: Timer }
  | { is: 'unresponsive' }
  /** Attempts follow. `timer`: of the countdown to the next one. */
  | { is: 'lost'; timer?: Timer }
  | { is: 'other' };

const TICK_MS = 250;

/** If a reply takes longer, the status offers to reconnect. */
const REPLY_TIMEOUT_MS = 5_000;

export class ConnectionStatus {
  readonly #elements: StatusElements;
  readonly #subject: StatusSubject;
  readonly #focusElsewhere: () => void;
  #state: State = { is: 'other' };

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
    const { is } = this.#state;
    if (isAwaiting && (is === 'connected' || is === 'awaitingReply')) {
      const timer = setTimeout(() => this.#reportUnresponsive(), REPLY_TIMEOUT_MS);
      this.#enter({ is: 'awaitingReply', timer });
    }
    if (!isAwaiting && is === 'awaitingReply') this.#enter({ is: 'connected' });
    if (!isAwaiting && is === 'unresponsive') this.show({ is: 'connected' });
  }

  /** @param ending How the last conversation ended, if it has ended. */
  show(state: ConnectionState, ending?: Ending): void {
    const { countdown } = this.#elements;
    if (state.is === 'connecting' && this.#state.is === 'lost') {
      // Leave the live region alone: a screen reader would announce every attempt.
      this.#enter({ is: 'lost' });
      countdown.replaceChildren(element('span', {}, 'connecting'), '…');
      return;
    }
    this.#display(statusOf(state, this.#subject, ending));
    countdown.textContent = '';
    this.#enter(this.#follow(state));
  }

  #follow(state: ConnectionState): State {
    switch (state.is) {
      case 'connected':
        return { is: 'connected' };
      case 'waiting': {
        const { nextAtMs } = state;
        this.#countDown(nextAtMs);
        return { is: 'lost', timer: setInterval(() => this.#countDown(nextAtMs), TICK_MS) };
      }
      case 'loggedOut':
        return { is: 'lost' };
      default:
        return { is: 'other' };
    }
  }

  #enter(state: State): void {
    // It ends an interval, too (HTML, 8.7).
    if ('timer' in this.#state) clearTimeout(this.#state.timer);
    this.#state = state;
  }

  #reportUnresponsive(): void {
    this.#enter({ is: 'unresponsive' });
    this.#display(UNRESPONSIVE);
  }

  #display({ name, words, reason = '', button: label }: Status): void {
    const { light, text, button } = this.#elements;
    light.dataset['state'] = name;
    const detail = reason && `: ${reason}`;
    if (text.textContent !== words + detail)
      text.replaceChildren(words, element('span', { textContent: detail }));
    // The header may have no room for all of it.
    text.title = words + detail;
    if (label === undefined && document.activeElement === button) this.#focusElsewhere();
    button.hidden = label === undefined;
    if (label !== undefined) button.textContent = label;
  }

  #countDown(toMs: number): void {
    const seconds = Math.max(0, Math.ceil((toMs - performance.now()) / 1000));
    const { countdown } = this.#elements;
    countdown.replaceChildren(element('span', {}, 'retrying in '), `${seconds} s`);
  }
}
