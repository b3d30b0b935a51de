// Desktop notifications for a changed message, if the user allows them.

/** Makes each notification replace the one before. */
const TAG = 'motd';

export class Notifications {
  readonly #title: string;
  readonly #isEnabled: () => boolean;
  #isAvailable = 'Notification' in globalThis;

  /**
   * @param title Of each notification; its text is the message.
   * @param isEnabled Whether the user turned them on in the settings.
   */
  constructor(title: string, isEnabled: () => boolean) {
    this.#title = title;
    this.#isEnabled = isEnabled;
  }

  /** Whether the browser supports notifications, and does not block them for this page. */
  get isAvailable(): boolean {
    return this.#isAvailable && Notification.permission !== 'denied';
  }

  /**
   * Asks the user for permission, unless it is granted. Call it from a click handler: browsers
   * ignore or penalize requests without a user's action.
   *
   * @returns Whether permission is granted.
   */
  async requestPermission(): Promise<boolean> {
    if (!this.isAvailable || !this.#canCreate()) return false;
    return (await Notification.requestPermission()) === 'granted';
  }

  /** Shows a notification, unless the user is looking at the page. */
  show(message: string): void {
    if (!this.#isEnabled() || !this.isAvailable || Notification.permission !== 'granted') return;
    if (document.visibilityState === 'visible' && document.hasFocus()) return;
    const notification = this.#create(message);
    notification?.addEventListener('click', () => {
      window.focus();
      notification.close();
    });
  }

  /**
   * Tries the constructor. Without permission it shows nothing, so this is invisible to the user.
   */
  #canCreate(): boolean {
    if (Notification.permission === 'default') this.#create('');
    return this.#isAvailable;
  }

  #create(message: string): Notification | undefined {
    try {
      return new Notification(this.#title, { body: message, tag: TAG });
    } catch {
      // Chrome on Android has the class, but its constructor throws: it supports notifications from
      // service workers only.
      this.#isAvailable = false;
      return undefined;
    }
  }
}
