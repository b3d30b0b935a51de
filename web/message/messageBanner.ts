// The message above the terminal. Its height never changes: a long message is set smaller, then cut,
// and "Show all" lays the whole of it over the terminal.

import type { EntryDetails } from '../../client/replies/entryLine.ts';
import { requireElement } from '../ui/dom.ts';
import { linkedText } from '../ui/linkedText.ts';
import { MessageByline } from './messageByline.ts';

/**
 * `unknown`: not received yet. `current`: the message in force. `stale`: the last message before
 * the connection was lost. `unsupported`: the server does not support MSGWATCH. `ended`: the target
 * accepts nothing, as the text then says.
 */
export type MessageState = 'unknown' | 'current' | 'stale' | 'unsupported' | 'ended';

const FADE_MS = 300;

export class MessageBanner {
  readonly #section: HTMLElement;
  readonly #text: HTMLElement;
  readonly #expand: HTMLElement;
  readonly #byline: MessageByline;
  #state: MessageState = 'unknown';
  #details: EntryDetails | undefined;

  /** @param section Gets the state as `data-state`. */
  constructor(section: HTMLElement) {
    this.#section = section;
    this.#text = requireElement(section, '#message');
    this.#expand = requireElement(section, '#message-expand');
    this.#byline = new MessageByline(requireElement(section, '#byline'));
    this.#expand.addEventListener('click', () => this.#setExpanded(!this.#isExpanded));
    section.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || !this.#isExpanded) return;
      event.stopPropagation();
      this.#setExpanded(false);
      this.#expand.focus();
    });
    new ResizeObserver(() => this.#fit()).observe(section);
  }

  get state(): MessageState {
    return this.#state;
  }

  set state(state: MessageState) {
    this.#state = state;
    this.#section.dataset['state'] = state;
    this.showDetails(this.#details);
  }

  /** Shows another message, whose details are not known yet. */
  show(message: string): void {
    const isFirst = this.#text.textContent === '';
    this.#text.replaceChildren(linkedText(message));
    this.#text.scrollTop = 0;
    this.showDetails(undefined);
    this.#fit();
    if (isFirst || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#text.animate([{ opacity: 0, translate: '0 25%' }, {}], {
      duration: FADE_MS,
      easing: 'ease-out',
    });
  }

  end(reason: string): void {
    this.state = 'ended';
    this.show(reason);
  }

  showDetails(details: EntryDetails | undefined): void {
    this.#details = details;
    this.#byline.show(details, this.state === 'stale');
  }

  get #isExpanded(): boolean {
    return this.#expand.ariaExpanded === 'true';
  }

  #setExpanded(isExpanded: boolean): void {
    this.#expand.ariaExpanded = String(isExpanded);
    this.#expand.textContent = isExpanded ? 'Show less' : 'Show all';
    this.#text.scrollTop = 0;
    // Keeps the room of the message: what is expanded leaves it.
    const { style, classList } = this.#section;
    style.height = isExpanded ? `${this.#section.getBoundingClientRect().height}px` : '';
    classList.toggle('is-expanded', isExpanded);
    // A tab stop while it scrolls, for scrolling with the keyboard.
    if (isExpanded && this.#isCut) this.#text.tabIndex = 0;
    else this.#text.removeAttribute('tabindex');
  }

  get #isCut(): boolean {
    return this.#text.scrollHeight > this.#text.clientHeight;
  }

  /** Measures the message as it is when it is not expanded. */
  #fit(): void {
    const wasExpanded = this.#isExpanded;
    const { classList } = this.#text;
    this.#setExpanded(false);
    classList.remove('is-long', 'is-cut');
    if (this.#isCut) classList.add('is-long');
    const isCut = this.#isCut;
    classList.toggle('is-cut', isCut);
    this.#expand.hidden = !isCut;
    if (wasExpanded && isCut) this.#setExpanded(true);
  }
}
