// What the person chose, remembered by the browser. Where it remembers nothing (a private window,
// storage that is blocked or full), it holds for as long as the page is open.

import {
  parseSettings,
  type SettingValues,
  serializeSettings,
  validSettings,
} from './settingValues.pure.ts';

/** Where the choices are kept. themeBoot.js reads it too. */
const KEY = 'motd.settings';

type Listener = (key: keyof SettingValues) => void;

export class Settings {
  readonly #storage: Storage | undefined;
  readonly #listeners: Listener[] = [];
  #choices: SettingValues;

  /**
   * @param storage Where they are kept; `undefined` where the browser gives none.
   * @param tabs Tells what another tab has stored, as a window does with `storage` events.
   */
  constructor(storage: Storage | undefined, tabs: EventTarget = window) {
    this.#storage = storage;
    this.#choices = this.#read() ?? parseSettings(null);
    tabs.addEventListener('storage', (event) => this.#onStorage(event));
  }

  get<K extends keyof SettingValues>(key: K): SettingValues[K] {
    return this.#choices[key];
  }

  /** Chooses, and remembers it. A value that cannot be chosen is treated as one that was read. */
  set<K extends keyof SettingValues>(key: K, value: SettingValues[K]): void {
    this.#take(validSettings({ ...this.#choices, [key]: value }));
    this.#write();
  }

  /** Calls it with each choice that has changed, here or in another tab. */
  onChange(listener: Listener): void {
    this.#listeners.push(listener);
  }

  #onStorage(event: Event): void {
    // No key at all: everything stored was cleared.
    if (!('key' in event) || (event.key !== KEY && event.key !== null)) return;
    const choices = this.#read();
    if (choices !== undefined) this.#take(choices);
  }

  #take(choices: SettingValues): void {
    const before = this.#choices;
    this.#choices = choices;
    for (const key of keysOf(choices)) {
      if (before[key] === choices[key]) continue;
      for (const listener of this.#listeners) listener(key);
    }
  }

  #read(): SettingValues | undefined {
    try {
      return parseSettings(this.#storage?.getItem(KEY) ?? null);
    } catch {
      return undefined;
    }
  }

  #write(): void {
    try {
      this.#storage?.setItem(KEY, serializeSettings(this.#choices));
    } catch {
      // Full, or blocked: it is not remembered, and holds all the same.
    }
  }
}

function keysOf(choices: SettingValues): (keyof SettingValues)[] {
  const isKey = (key: string): key is keyof SettingValues => key in choices;
  return Object.keys(choices).filter(isKey);
}
