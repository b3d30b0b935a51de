// A change of the message as a notification of the desktop, where the person has allowed it.

/** A later one takes the place of an earlier one. */
const TAG = 'motd';

export class Notifications {
  readonly #isWanted: () => boolean;
  readonly #title = document.title;
  #isAvailable = 'Notification' in globalThis;

  /** @param isWanted Whether the person has turned them on. */
  constructor(isWanted: () => boolean) {
    this.#isWanted = isWanted;
  }

  /** Whether this browser has them, and has not been told to keep them from this page. */
  get isAvailable(): boolean {
    return this.#isAvailable && Notification.permission !== 'denied';
  }

  /**
   * Asks the person for permission, unless it was given. Call it from a click: browsers ignore, or
   * hold against the page, what is asked out of nowhere.
   *
   * @returns Whether there will be notifications.
   */
  async ask(): Promise<boolean> {
    if (!this.isAvailable || !this.#canMake()) return false;
    return (await Notification.requestPermission()) === 'granted';
  }

  /** Tells of a change, if the person is not looking at the page. */
  tell(message: string): void {
    if (!this.#isWanted() || !this.isAvailable || Notification.permission !== 'granted') return;
    if (document.visibilityState === 'visible' && document.hasFocus()) return;
    const notification = this.#make(message);
    notification?.addEventListener('click', () => {
      window.focus();
      notification.close();
    });
  }

  /** Without permission one can be made, and is not shown: so this tells nobody anything. */
  #canMake(): boolean {
    if (Notification.permission === 'default') this.#make('');
    return this.#isAvailable;
  }

  #make(message: string): Notification | undefined {
    try {
      return new Notification(this.#title, { body: message, tag: TAG });
    } catch {
      // Chrome on Android has the class, and throws: it takes them from service workers only.
      this.#isAvailable = false;
      return undefined;
    }
  }
}
