// The settings, to be seen and changed: the controls of <dialog id="settings"> in index.html. Each
// change holds at once, and what changes elsewhere shows here.

import { escapeControls } from '../../protocol/plainText.ts';
import { requireElement } from '../ui/dom.ts';
import { modal } from '../ui/modal.ts';
import type { Settings } from './settings.ts';
import { MAX_FONT_SIZE, MIN_FONT_SIZE, validSettings } from './settingValues.pure.ts';

/** Those with a radio button for each choice; its name is the key, its value the choice. */
const BY_RADIO = ['theme', 'input', 'lineEnd'] as const;

export class SettingsDialog {
  /** Opens it; the focus goes back to where it was. */
  readonly open: () => void;
  readonly #dialog: HTMLDialogElement;
  readonly #settings: Settings;
  readonly #moreContrast: HTMLInputElement;
  readonly #maskPassword: HTMLInputElement;
  readonly #notify: HTMLInputElement;

  /**
   * @param askPermission Asks the person, by way of the browser, whether notifications may be
   *   shown, and settles once they have answered.
   */
  constructor(
    dialog: HTMLDialogElement,
    opener: HTMLElement,
    settings: Settings,
    askPermission: () => Promise<unknown>,
  ) {
    this.#dialog = dialog;
    this.#settings = settings;
    this.#moreContrast = requireElement(dialog, '#more-contrast', HTMLInputElement);
    this.#maskPassword = requireElement(dialog, '#mask-password', HTMLInputElement);
    this.#notify = requireElement(dialog, '#notify', HTMLInputElement);
    this.open = modal(dialog, opener, () => this.#show());
    this.#listen(askPermission);
    settings.onChange(() => this.#show());
  }

  /** Shows the choice of how lines end, which the message server does not need. */
  showLineEnds(): void {
    this.#element('#line-ends').hidden = false;
  }

  /** Shows who is logged in, and how to end that. */
  showLogin(user: string): void {
    this.#element('#login-user').textContent = escapeControls(user);
    this.#element('#login').hidden = false;
  }

  #listen(askPermission: () => Promise<unknown>): void {
    const settings = this.#settings;
    for (const key of BY_RADIO) {
      for (const radio of this.#radios(key)) {
        radio.addEventListener('change', () =>
          settings.set(key, validSettings({ [key]: radio.value })[key]),
        );
      }
    }
    this.#moreContrast.addEventListener('change', () =>
      settings.set('contrast', this.#moreContrast.checked ? 'more' : 'system'),
    );
    this.#maskPassword.addEventListener('change', () =>
      settings.set('maskPassword', this.#maskPassword.checked),
    );
    this.#notify.addEventListener('change', () => this.#chooseNotify(askPermission));
    this.#onClick('#font-smaller', () => settings.set('fontSize', settings.get('fontSize') - 1));
    this.#onClick('#font-larger', () => settings.set('fontSize', settings.get('fontSize') + 1));
  }

  async #chooseNotify(askPermission: () => Promise<unknown>): Promise<void> {
    const isWanted = this.#notify.checked;
    if (isWanted && permission() === 'default') await askPermission();
    this.#settings.set('notify', isWanted && permission() === 'granted');
    this.#show();
  }

  #show(): void {
    for (const key of BY_RADIO) {
      for (const radio of this.#radios(key)) {
        radio.checked = radio.value === this.#settings.get(key);
      }
    }
    this.#moreContrast.checked = this.#settings.get('contrast') === 'more';
    this.#maskPassword.checked = this.#settings.get('maskPassword');
    this.#showFontSize(this.#settings.get('fontSize'));
    this.#showNotify();
  }

  #showFontSize(size: number): void {
    this.#element('#font-size').textContent = String(size);
    // Not `disabled`: the button that was just pressed would lose the focus.
    this.#element('#font-smaller').ariaDisabled = String(size === MIN_FONT_SIZE);
    this.#element('#font-larger').ariaDisabled = String(size === MAX_FONT_SIZE);
  }

  #showNotify(): void {
    const given = permission();
    this.#notify.checked = given === 'granted' && this.#settings.get('notify');
    // Not `disabled`: it would lose the focus, and with it the note.
    this.#notify.ariaDisabled = String(given === 'denied' || given === 'missing');
    const note = this.#element('#notify-note');
    if (note.textContent !== noteOn(given)) note.textContent = noteOn(given);
  }

  #radios(key: (typeof BY_RADIO)[number]): NodeListOf<HTMLInputElement> {
    return this.#dialog.querySelectorAll(`input[name="${key}"]`);
  }

  #element(selector: string): HTMLElement {
    return requireElement(this.#dialog, selector);
  }

  #onClick(selector: string, listener: () => void): void {
    this.#element(selector).addEventListener('click', listener);
  }
}

/** What the browser says about notifications now; it can change in the browser's own settings. */
function permission(): NotificationPermission | 'missing' {
  return 'Notification' in window ? Notification.permission : 'missing';
}

function noteOn(given: NotificationPermission | 'missing'): string {
  if (given === 'missing') return 'This browser does not support notifications.';
  if (given !== 'denied') return '';
  if (!isSecureContext) return 'Notifications need HTTPS, or a page from this machine.';
  return 'Notifications are blocked; you can allow them in the browser’s site settings.';
}
