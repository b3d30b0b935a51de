// Connects the controls of <dialog id="settings"> in index.html with the settings. Changes apply
// immediately, and changes in another tab show here.

import { escapeControls } from '../../protocol/plainText.ts';
import { requireElement } from '../ui/dom.ts';
import { modal } from '../ui/modal.ts';
import { MAX_FONT_SIZE, MIN_FONT_SIZE, validSettings } from './settingValues.pure.ts';
import type { UserSettings } from './userSettings.ts';

/** The settings with radio buttons, whose name is the key. */
const RADIO_KEYS = ['theme', 'input', 'lineEnd'] as const;

export class SettingsDialog {
  /** Opens the dialog; when it closes, the focus returns. */
  readonly open: () => void;
  readonly #dialog: HTMLDialogElement;
  readonly #settings: UserSettings;
  readonly #moreContrast: HTMLInputElement;
  readonly #maskPassword: HTMLInputElement;
  readonly #notify: HTMLInputElement;

  /**
   * @param askPermission Has the browser ask the user for permission to show notifications, and
   *   resolves with the answer.
   */
  constructor(document: Document, settings: UserSettings, askPermission: () => Promise<unknown>) {
    const dialog = requireElement(document, '#settings', HTMLDialogElement);
    this.#dialog = dialog;
    this.#settings = settings;
    this.#moreContrast = requireElement(dialog, '#more-contrast', HTMLInputElement);
    this.#maskPassword = requireElement(dialog, '#mask-password', HTMLInputElement);
    this.#notify = requireElement(dialog, '#notify', HTMLInputElement);
    this.open = modal(dialog, () => this.#show());
    this.#addListeners(askPermission);
    settings.onChange(() => this.#show());
  }

  /** Shows the setting for line endings, which the message server does not need. */
  showLineEndings(): void {
    this.#element('#line-ends').hidden = false;
  }

  /** Shows the name of the logged-in user, and a link to log out. */
  showLogin(user: string): void {
    this.#element('#login-user').textContent = escapeControls(user);
    this.#element('#login').hidden = false;
  }

  #addListeners(askPermission: () => Promise<unknown>): void {
    const settings = this.#settings;
    for (const key of RADIO_KEYS) {
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
    this.#notify.addEventListener('change', () => this.#setNotify(askPermission));
    this.#onClick('#font-smaller', () => settings.set('fontSize', settings.get('fontSize') - 1));
    this.#onClick('#font-larger', () => settings.set('fontSize', settings.get('fontSize') + 1));
  }

  async #setNotify(askPermission: () => Promise<unknown>): Promise<void> {
    const isWanted = this.#notify.checked;
    if (isWanted && notificationPermission() === 'default') await askPermission();
    this.#settings.set('notify', isWanted && notificationPermission() === 'granted');
    this.#show();
  }

  #show(): void {
    for (const key of RADIO_KEYS) {
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
    // Not `disabled`, which would take the focus from the button that was just pressed.
    this.#element('#font-smaller').ariaDisabled = String(size === MIN_FONT_SIZE);
    this.#element('#font-larger').ariaDisabled = String(size === MAX_FONT_SIZE);
  }

  #showNotify(): void {
    const state = notificationPermission();
    this.#notify.checked = state === 'granted' && this.#settings.get('notify');
    // Not `disabled`, which would take the focus from the checkbox, and so hide its note from
    // screen readers.
    this.#notify.ariaDisabled = String(state === 'denied' || state === 'missing');
    const note = this.#element('#notify-note');
    if (note.textContent !== noteFor(state)) note.textContent = noteFor(state);
  }

  #radios(key: (typeof RADIO_KEYS)[number]): NodeListOf<HTMLInputElement> {
    return this.#dialog.querySelectorAll(`input[name="${key}"]`);
  }

  #element(selector: string): HTMLElement {
    return requireElement(this.#dialog, selector);
  }

  #onClick(selector: string, listener: () => void): void {
    this.#element(selector).addEventListener('click', listener);
  }
}

/** The permission at this moment: the user can change it in the browser's settings. */
function notificationPermission(): NotificationPermission | 'missing' {
  return 'Notification' in window ? Notification.permission : 'missing';
}

function noteFor(state: NotificationPermission | 'missing'): string {
  if (state === 'missing') return 'This browser does not support notifications.';
  if (state !== 'denied') return '';
  if (!isSecureContext) return 'Notifications need HTTPS, or a page from this machine.';
  return 'Notifications are blocked; you can allow them in the browser’s site settings.';
}
