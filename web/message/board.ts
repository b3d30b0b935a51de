// The message alone, as large as it fits: over the whole screen where the browser allows it, else
// over the page (an iPhone has no Fullscreen API for pages).

import { fitText, type SizedText } from '../../client/display/textSize.pure.ts';
import { element } from '../ui/element.ts';
import { iconButton } from '../ui/iconButton.ts';
import { linkedText } from '../ui/links.ts';
import { modal } from '../ui/modal.ts';

const STALE = 'The connection is lost. This message may be out of date.';

export class Board {
  readonly #text = element('p', { dir: 'auto' });
  readonly #notice = element('p', { className: 'notice' });
  /** Around the text; it scrolls a message that does not fit. */
  readonly #frame = element('div', { className: 'frame', tabIndex: 0 }, this.#text);
  readonly #dialog = element('dialog', { id: 'board', ariaLabel: 'Message of the day' });
  readonly #show: () => void;
  readonly #sizedText: SizedText = {
    setLong: (isLong) => this.#text.classList.toggle('is-long', isLong),
    setFontPx: (fontPx) => {
      this.#text.style.fontSize = `${fontPx}px`;
    },
    fits: () =>
      this.#frame.scrollHeight <= this.#frame.clientHeight &&
      this.#text.scrollWidth <= this.#text.clientWidth,
  };

  /**
   * @param section Has the state of the message as `data-state`.
   * @param message Contains the message; the view follows it.
   */
  constructor(section: HTMLElement, message: HTMLElement) {
    const follow = () => this.#draw(message.textContent, section.dataset['state'] === 'stale');
    const observer = new MutationObserver(follow);
    observer.observe(message, { childList: true });
    observer.observe(section, { attributeFilter: ['data-state'] });
    follow();

    const close = iconButton('close', {
      className: 'close',
      ariaLabel: 'Close',
      title: 'Close (Escape)',
    });
    // Announces changes: a screen reader does not see the rest of the page now.
    this.#frame.ariaLive = 'polite';
    this.#frame.setAttribute('role', 'region');
    this.#frame.ariaLabel = 'Message';
    this.#dialog.append(close, this.#frame, this.#notice);
    document.body.append(this.#dialog);
    this.#show = modal(this.#dialog);
    this.#dialog.addEventListener('close', () => {
      if (document.fullscreenElement !== null) void document.exitFullscreen();
    });
    document.addEventListener('fullscreenchange', () => {
      if (document.fullscreenElement === null) this.#dialog.close();
    });
    new ResizeObserver(() => this.#fit()).observe(this.#frame);
  }

  /** Opens the view; when it closes, the focus returns. Call it soon after a click or a key. */
  async open(): Promise<void> {
    const root = document.documentElement;
    // First, so that the dialog comes to lie above the element that fills the screen.
    await root.requestFullscreen?.().catch(() => {});
    this.#show();
  }

  #draw(message: string, isStale: boolean): void {
    this.#notice.textContent = isStale ? STALE : '';
    if (this.#text.textContent === message) return;
    this.#text.replaceChildren(linkedText(message));
    this.#fit();
  }

  #fit(): void {
    const { clientWidth, clientHeight } = this.#frame;
    if (this.#dialog.open) fitText(this.#sizedText, Math.min(clientWidth, clientHeight));
  }
}
