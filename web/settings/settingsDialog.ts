// The settings. Changes apply immediately, and changes in another tab show here.

import { escapeControls } from '../../protocol/plainText.ts';
import { createDialog } from '../ui/dialogFrame.ts';
import { button, element } from '../ui/element.ts';
import { modal } from '../ui/modal.ts';
import { isNotifying, notifyProblem, setNotifying } from './notifySetting.ts';
import {
  type Choice,
  HIDE_PASSWORDS,
  INPUT,
  LINE_END,
  MORE_CONTRAST,
  NOTIFY,
  THEME,
} from './settingChoices.ts';
import { MAX_FONT_SIZE, MIN_FONT_SIZE, validSettings } from './settingValues.pure.ts';
import { terminalFontSize } from './terminalFontSize.ts';
import type { UserSettings } from './userSettings.ts';

export interface SettingsDialogOptions {
  /**
   * Has the browser ask for permission to show notifications, and resolves with the answer;
   * `undefined` if the target has no messages to notify of.
   */
  askPermission: (() => Promise<unknown>) | undefined;
  /** The name of the logged-in user; `undefined` if there was no login. */
  user: string | undefined;
  /** Whether the user may choose the line end. */
  hasLineEndings: boolean;
}

export class SettingsDialog {
  /** Opens the dialog; when it closes, the focus returns. */
  readonly open: () => void;
  readonly #settings: UserSettings;
  /** Each shows the current value of a setting. */
  readonly #updates: (() => void)[] = [];

  constructor(settings: UserSettings, options: SettingsDialogOptions) {
    this.#settings = settings;
    const dialog = createDialog(
      'settings',
      'Settings',
      this.#choice(THEME),
      this.#switch(
        MORE_CONTRAST,
        () => settings.get('contrast') === 'more',
        (isOn) => settings.set('contrast', isOn ? 'more' : 'system'),
      ),
      this.#textSize(),
      this.#choice(INPUT),
      ...(options.hasLineEndings ? [this.#choice(LINE_END)] : []),
      this.#switch(
        HIDE_PASSWORDS,
        () => settings.get('maskPassword'),
        (isOn) => settings.set('maskPassword', isOn),
      ),
      ...(options.askPermission === undefined ? [] : this.#notifications(options.askPermission)),
      ...(options.user === undefined ? [] : [login(options.user)]),
    );
    this.open = modal(dialog, () => this.#show());
    settings.onChange(() => this.#show());
  }

  #show(): void {
    for (const update of this.#updates) update();
  }

  /** Radio buttons, whose name is the key of the setting. */
  #choice({ key, label, options }: Choice): HTMLElement {
    const radios = options.map(([value]) =>
      element('input', {
        type: 'radio',
        name: key,
        value,
        onchange: () => this.#settings.set(key, validSettings({ [key]: value })[key]),
      }),
    );
    this.#updates.push(() => {
      for (const radio of radios) radio.checked = radio.value === this.#settings.get(key);
    });
    const segments = radios.map((radio, i) => element('label', {}, radio, options[i]?.[1] ?? ''));
    return row(label, element('div', { className: 'segments' }, ...segments));
  }

  #switch(label: string, isOn: () => boolean, set: (isOn: boolean) => void): HTMLElement {
    const input = element('input', { type: 'checkbox', onchange: () => set(input.checked) });
    input.setAttribute('role', 'switch');
    this.#updates.push(() => {
      input.checked = isOn();
    });
    return element('label', { className: 'switch' }, label, input);
  }

  #textSize(): HTMLElement {
    const settings = this.#settings;
    const change = (by: number) => () => settings.set('fontSize', terminalFontSize(settings) + by);
    const smaller = button({ ariaLabel: 'Smaller', onclick: change(-1) }, '−');
    const size = element('output', { id: 'font-size', ariaLabel: 'Size in pixels' });
    const larger = button({ ariaLabel: 'Larger', onclick: change(1) }, '+');
    const automatic = button({ onclick: () => settings.set('fontSize', null) }, 'Automatic');
    this.#updates.push(() => {
      const shown = terminalFontSize(settings);
      size.textContent = String(shown);
      // Not `disabled`, which would take the focus from the button that was just pressed.
      smaller.ariaDisabled = String(shown === MIN_FONT_SIZE);
      larger.ariaDisabled = String(shown === MAX_FONT_SIZE);
      automatic.ariaPressed = String(settings.get('fontSize') === null);
    });
    const stepper = element('div', { className: 'segments' }, smaller, size, larger, automatic);
    return row('Terminal text', stepper);
  }

  #notifications(askPermission: () => Promise<unknown>): HTMLElement[] {
    const settings = this.#settings;
    const control = this.#switch(
      NOTIFY,
      () => isNotifying(settings),
      (isOn) => void setNotifying(settings, isOn, askPermission).then(() => this.#show()),
    );
    const input = control.querySelector('input');
    const note = element('p', { id: 'notify-note', role: 'status' });
    input?.setAttribute('aria-describedby', note.id);
    this.#updates.push(() => {
      const problem = notifyProblem();
      // Not `disabled`, which would take the focus from the switch, and so hide its note from
      // screen readers.
      if (input) input.ariaDisabled = String(problem !== '');
      if (note.textContent !== problem) note.textContent = problem;
    });
    return [control, note];
  }
}

/** A setting with several controls. */
function row(label: string, control: HTMLElement): HTMLElement {
  return element('fieldset', {}, element('legend', {}, label), control);
}

function login(user: string): HTMLElement {
  const name = element('bdi', {}, escapeControls(user));
  const link = element('a', { href: 'logout' }, 'Log out');
  return element('p', { id: 'login' }, element('span', {}, 'Logged in as ', name), link);
}
