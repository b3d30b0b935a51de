// The user's settings, stored by the browser. If the browser stores nothing (a private window, or
// storage that is blocked or full), they last as long as the page is open.

import {
  parseSettings,
  type SettingValues,
  serializeSettings,
  validSettings,
} from './settingValues.pure.ts';

/** The key in the storage. themeBoot.js reads it, too. */
const KEY = 'motd.settings';

type ChangeListener = (key: keyof SettingValues) => void;

export class UserSettings {
  readonly #storage: Storage | undefined;
  readonly #listeners: ChangeListener[] = [];
  #values: SettingValues;

  /**
   * @param storage `undefined` if the browser provides none.
   * @param storageEvents Emits `storage` events for changes in other tabs, as the window does.
   */
  constructor(storage: Storage | undefined, storageEvents: EventTarget = window) {
    this.#storage = storage;
    this.#values = this.#load() ?? parseSettings(null);
    storageEvents.addEventListener('storage', (event) => this.#onStorage(event));
  }

  get<K extends keyof SettingValues>(key: K): SettingValues[K] {
    return this.#values[key];
  }

  /** Changes a setting and stores it. An invalid value becomes a valid one. */
  set<K extends keyof SettingValues>(key: K, value: SettingValues[K]): void {
    this.#apply(validSettings({ ...this.#values, [key]: value }));
    this.#store();
  }

  /** Calls the listener with the key of each setting that changes, here or in another tab. */
  onChange(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }

  #onStorage(event: Event): void {
    // The key is `null` if the whole storage was cleared.
    if (!('key' in event) || (event.key !== KEY && event.key !== null)) return;
    const values = this.#load();
    if (values !== undefined) this.#apply(values);
  }

  #apply(values: SettingValues): void {
    const before = this.#values;
    this.#values = values;
    for (const key of keysOf(values)) {
      if (before[key] === values[key]) continue;
      for (const listener of this.#listeners) listener(key);
    }
  }

  #load(): SettingValues | undefined {
    try {
      return parseSettings(this.#storage?.getItem(KEY) ?? null);
    } catch {
      return undefined;
    }
  }

  #store(): void {
    try {
      this.#storage?.setItem(KEY, serializeSettings(this.#values));
    } catch {
      // Full or blocked: the setting lasts as long as the page is open.
    }
  }
}

function keysOf(values: SettingValues): (keyof SettingValues)[] {
  const isKey = (key: string): key is keyof SettingValues => key in values;
  return Object.keys(values).filter(isKey);
}
