// The message above the terminal. Its height never changes: a long message is set smaller, then cut,
// and "Show all" lays the whole of it over the terminal. It has the focus then: as soon as the line
// has it, the terminal is uncovered.

import type { EntryDetails } from '../../client/replies/entryLine.ts';
import { requireElement } from '../ui/dom.ts';
import { mayHaveLink } from '../ui/mayHaveLink.pure.ts';
import { MessageByline } from './messageByline.ts';

/**
 * `unknown`: not received yet. `current`: the message in force. `stale`: the last message before
 * the connection was lost. `unsupported`: the server does not support MSGWATCH. `ended`: the target
 * accepts nothing, as the text then states.
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
  /** What had the focus before it was expanded. */
  #opener: Element | null = null;
  readonly #returnToLine: () => void;

  /**
   * @param section Gets the state as `data-state`.
   * @param returnToLine Returns the focus to the line.
   */
  constructor(section: HTMLElement, returnToLine: () => void) {
    this.#section = section;
    this.#text = requireElement(section, '#message');
    this.#expand = requireElement(section, '#message-expand');
    this.#byline = new MessageByline(requireElement(section, '#byline'));
    this.#returnToLine = returnToLine;
    this.#expand.addEventListener('click', () => {
      if (this.#isExpanded) this.#close();
      else this.#open();
    });
    // Before the terminal gets the key.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !this.#isExpanded) return;
      event.stopPropagation();
      this.#close();
    };
    addEventListener('keydown', onKey, true);
    addEventListener('focusin', () => {
      if (this.#isExpanded && !section.contains(document.activeElement)) this.#setExpanded(false);
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
    this.#text.textContent = message;
    if (mayHaveLink(message)) void this.#addLinks(message);
    this.showDetails(undefined);
    this.#fit();
    if (isFirst || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    this.#text.animate([{ opacity: 0, translate: '0 25%' }, {}], {
      duration: FADE_MS,
      easing: 'ease-out',
    });
  }

  /** Without this part, the message stays a text. */
  async #addLinks(message: string): Promise<void> {
    const part = await import('../ui/links.ts').catch(() => undefined);
    if (part === undefined || this.#text.textContent !== message) return;
    this.#text.replaceChildren(part.linkedText(message));
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

  #open(): void {
    this.#opener = document.activeElement;
    this.#setExpanded(true);
    this.#expand.focus();
  }

  #close(): void {
    this.#setExpanded(false);
    if (this.#expand.hidden && this.#opener === this.#expand) this.#returnToLine();
    else if (this.#opener instanceof HTMLElement) this.#opener.focus();
  }

  #setExpanded(isExpanded: boolean): void {
    this.#expand.ariaExpanded = String(isExpanded);
    this.#expand.textContent = isExpanded ? 'Show less' : 'Show all';
    this.#text.scrollTop = 0;
    this.#layOut(isExpanded);
    // A tab stop while it scrolls, for scrolling with the keyboard. A click leaves the focus in it.
    if (isExpanded) this.#text.tabIndex = this.#isCut ? 0 : -1;
    else this.#text.removeAttribute('tabindex');
  }

  #layOut(isExpanded: boolean): void {
    // Keeps the room of the message: what is expanded leaves it.
    const { style, classList } = this.#section;
    style.height = isExpanded ? `${this.#section.getBoundingClientRect().height}px` : '';
    classList.toggle('is-expanded', isExpanded);
  }

  get #isCut(): boolean {
    return this.#text.scrollHeight > this.#text.clientHeight;
  }

  /** Measures the message as it is when it is not expanded. */
  #fit(): void {
    const { classList, scrollTop } = this.#text;
    this.#layOut(false);
    classList.remove('is-long', 'is-cut');
    if (this.#isCut) classList.add('is-long');
    const isCut = this.#isCut;
    classList.toggle('is-cut', isCut);
    this.#expand.hidden = !isCut;
    if (!this.#isExpanded) return;
    if (!isCut) {
      this.#close();
      return;
    }
    this.#layOut(true);
    this.#text.scrollTop = scrollTop;
  }
}
