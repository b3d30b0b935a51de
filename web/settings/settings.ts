// What the person chose, remembered by the browser. Where it remembers nothing (a private window,
// storage that is blocked or full), it holds for as long as the page is open.

import { type Choices, choicesAmong, readChoices, writeChoices } from './choices.pure.ts';

/** Where the choices are kept. early.js reads it too. */
const KEY = 'motd.settings';

type Listener = (key: keyof Choices) => void;

export class Settings {
  readonly #storage: Storage | undefined;
  readonly #listeners: Listener[] = [];
  #choices: Choices;

  /**
   * @param storage Where they are kept; `undefined` where the browser gives none.
   * @param tabs Tells what another tab has stored, as a window does with `storage` events.
   */
  constructor(storage: Storage | undefined, tabs: EventTarget = window) {
    this.#storage = storage;
    this.#choices = this.#read() ?? readChoices(null);
    tabs.addEventListener('storage', (event) => this.#onStorage(event));
  }

  get<K extends keyof Choices>(key: K): Choices[K] {
    return this.#choices[key];
  }

  /** Chooses, and remembers it. A value that cannot be chosen is treated as one that was read. */
  set<K extends keyof Choices>(key: K, value: Choices[K]): void {
    this.#take(choicesAmong({ ...this.#choices, [key]: value }));
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

  #take(choices: Choices): void {
    const before = this.#choices;
    this.#choices = choices;
    for (const key of keysOf(choices)) {
      if (before[key] === choices[key]) continue;
      for (const listener of this.#listeners) listener(key);
    }
  }

  #read(): Choices | undefined {
    try {
      return readChoices(this.#storage?.getItem(KEY) ?? null);
    } catch {
      return undefined;
    }
  }

  #write(): void {
    try {
      this.#storage?.setItem(KEY, writeChoices(this.#choices));
    } catch {
      // Full, or blocked: it is not remembered, and holds all the same.
    }
  }
}

function keysOf(choices: Choices): (keyof Choices)[] {
  const isKey = (key: string): key is keyof Choices => key in choices;
  return Object.keys(choices).filter(isKey);
}
