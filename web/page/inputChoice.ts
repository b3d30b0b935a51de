// Where the user types: in the terminal, or in the field below it, depending on the settings and on
// the device.

import type { UserSettings } from '../settings/userSettings.ts';
import type { NativeField } from '../ui/nativeField.ts';
import { TOUCH_DEVICE } from '../ui/platform.ts';
import type { Screen } from './screen.ts';

export class InputChoice {
  readonly #settings: UserSettings;
  readonly #screen: Screen;
  readonly #field: NativeField;
  readonly #isReadOnly: boolean;
  readonly #touchDevice = matchMedia(TOUCH_DEVICE);

  /** @param isReadOnly Whether there is nothing to type: the field is never shown. */
  constructor(settings: UserSettings, screen: Screen, field: NativeField, isReadOnly: boolean) {
    this.#settings = settings;
    this.#screen = screen;
    this.#field = field;
    this.#isReadOnly = isReadOnly;
    this.#touchDevice.addEventListener('change', () => this.apply());
    settings.onChange((key) => {
      if (key === 'input') this.apply();
    });
  }

  /** Shows the field if it is chosen, and focuses the line. */
  apply(): void {
    const chosen = this.#settings.get('input');
    const prefersField = chosen === 'auto' ? this.#touchDevice.matches : chosen === 'field';
    this.#field.isShown = prefersField && !this.#isReadOnly;
    if (!this.#isReadOnly) this.#screen.acceptsInput = !this.#field.isShown;
    this.returnToLine();
  }

  focusLine(): void {
    if (this.#field.isShown) this.#field.focus();
    else this.#screen.focus();
  }

  /** Returns the focus to the line after a tool was used, unless that opens a touch keyboard. */
  returnToLine(): void {
    if (!this.#touchDevice.matches) this.focusLine();
  }
}
