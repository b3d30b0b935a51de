// The connection's status in the header: the state, its reason, a countdown to the next attempt,
// and a button that connects now.

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

const TICK_MS = 250;

/** If a reply takes longer, the status offers to reconnect. */
const REPLY_TIMEOUT_MS = 5_000;

export class ConnectionStatus {
  readonly #elements: StatusElements;
  readonly #subject: StatusSubject;
  readonly #focusElsewhere: () => void;
  #state: ConnectionState = { is: 'connecting' };
  #ticking: ReturnType<typeof setInterval> | undefined;
  #replyTimer: ReturnType<typeof setTimeout> | undefined;
  #isReplyOverdue = false;

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
    if (isAwaiting) this.#replyTimer = setTimeout(() => this.#setOverdue(true), REPLY_TIMEOUT_MS);
    else this.#setOverdue(false);
  }

  /** @param ending How the last conversation ended, if it has ended. */
  show(state: ConnectionState, ending?: Ending): void {
    clearInterval(this.#ticking);
    // Leave the live region alone: a screen reader would announce every attempt.
    if (state.is === 'connecting' && isLost(this.#state))
      this.#elements.countdown.textContent = 'connecting…';
    else this.#enter(state, ending);
  }

  #enter(state: ConnectionState, ending: Ending | undefined): void {
    this.#state = state;
    const isUnresponsive = state.is === 'connected' && this.#isReplyOverdue;
    this.#display(isUnresponsive ? UNRESPONSIVE : statusOf(state, this.#subject, ending));
    this.#elements.countdown.textContent = '';
    if (state.is !== 'waiting') return;
    this.#countDown(state.nextAtMs);
    this.#ticking = setInterval(() => this.#countDown(state.nextAtMs), TICK_MS);
  }

  #setOverdue(isOverdue: boolean): void {
    if (isOverdue === this.#isReplyOverdue) return;
    this.#isReplyOverdue = isOverdue;
    if (this.#state.is === 'connected') this.#enter(this.#state, undefined);
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

function isLost({ is }: ConnectionState): boolean {
  return is === 'waiting' || is === 'loggedOut';
}
