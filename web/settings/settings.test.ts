import { describe, expect, test } from 'vitest';
import { Settings } from './settings.ts';
import { DEFAULTS } from './settingValues.pure.ts';

const KEY = 'motd.settings';

/** As much of the Web Storage standard as the settings see, and a browser's tabs around it. */
class MemoryStorage implements Storage {
  readonly items = new Map<string, string>();
  get length(): number {
    return this.items.size;
  }
  clear(): void {
    this.items.clear();
  }
  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }
  key(index: number): string | null {
    return [...this.items.keys()][index] ?? null;
  }
  removeItem(key: string): void {
    this.items.delete(key);
  }
  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }
}

class FullStorage extends MemoryStorage {
  override setItem(): void {
    throw new DOMException('full', 'QuotaExceededError');
  }
}

class BlockedStorage extends FullStorage {
  override getItem(): string | null {
    throw new DOMException('blocked', 'SecurityError');
  }
}

function storedElsewhere(tabs: EventTarget, key: string | null): void {
  tabs.dispatchEvent(Object.assign(new Event('storage'), { key }));
}

function open(storage: Storage | undefined, tabs = new EventTarget()) {
  const settings = new Settings(storage, tabs);
  const changed: string[] = [];
  settings.onChange((key) => changed.push(key));
  return { settings, changed, tabs };
}

test('a choice is there again in the next visit', () => {
  const storage = new MemoryStorage();
  open(storage).settings.set('theme', 'light');
  open(storage).settings.set('fontSize', 20);
  const { settings } = open(storage);
  expect(settings.get('theme')).toBe('light');
  expect(settings.get('fontSize')).toBe(20);
  expect(settings.get('notify')).toBe(false);
});

test('a listener hears of each change, and of no other', () => {
  const { settings, changed } = open(new MemoryStorage());
  settings.set('theme', 'dark');
  settings.set('theme', 'dark');
  settings.set('notify', false);
  settings.set('notify', true);
  expect(changed).toEqual(['theme', 'notify']);
});

test('a listener that asks is told the new choice', () => {
  const { settings } = open(new MemoryStorage());
  const seen: number[] = [];
  settings.onChange(() => seen.push(settings.get('fontSize')));
  settings.set('fontSize', 21);
  expect(seen).toEqual([21]);
});

test('a font size out of range is brought into it', () => {
  const { settings } = open(new MemoryStorage());
  settings.set('fontSize', 33);
  expect(settings.get('fontSize')).toBe(32);
});

describe('holds until the page is left, where the storage', () => {
  test.each([
    ['is not there', undefined],
    ['is full', new FullStorage()],
    ['is blocked', new BlockedStorage()],
  ])('%s', (_how, storage) => {
    const { settings, changed, tabs } = open(storage);
    settings.set('theme', 'dark');
    storedElsewhere(tabs, 'of another program');
    expect(settings.get('theme')).toBe('dark');
    expect(changed).toEqual(['theme']);
    expect(open(storage).settings.get('theme')).toBe('system');
  });
});

test('garbage in the storage is no choice, and is replaced by the next one', () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, '{"theme": "dark"');
  const { settings } = open(storage);
  expect(settings.get('theme')).toBe('system');
  settings.set('contrast', 'more');
  expect(open(storage).settings.get('contrast')).toBe('more');
});

describe('another tab', () => {
  test('that chooses is followed', () => {
    const storage = new MemoryStorage();
    const { settings, changed, tabs } = open(storage);
    const other = open(storage).settings;
    other.set('theme', 'light');
    other.set('maskPassword', true);
    storedElsewhere(tabs, KEY);
    expect(changed).toEqual(['theme', 'maskPassword']);
    expect(settings.get('theme')).toBe('light');
    // What is chosen here next keeps what was chosen there.
    settings.set('fontSize', 12);
    expect(open(storage).settings.get('maskPassword')).toBe(true);
  });

  test('that clears everything brings the defaults back', () => {
    const storage = new MemoryStorage();
    const { settings, tabs } = open(storage);
    settings.set('theme', 'light');
    storage.clear();
    storedElsewhere(tabs, null);
    expect(settings.get('theme')).toBe(DEFAULTS.theme);
  });

  test('that stores something else changes nothing', () => {
    const storage = new MemoryStorage();
    const { settings, changed, tabs } = open(storage);
    storage.setItem(KEY, '{"theme":"light"}');
    storedElsewhere(tabs, 'motd.history');
    expect(settings.get('theme')).toBe('system');
    expect(changed).toEqual([]);
  });
});
