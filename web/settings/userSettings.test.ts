import { describe, expect, test } from 'vitest';
import { BlockedStorage, FullStorage, MemoryStorage } from './memoryStorage.harness.ts';
import { DEFAULTS } from './settingValues.pure.ts';
import { UserSettings } from './userSettings.ts';

const KEY = 'motd.settings';

function storedElsewhere(storageEvents: EventTarget, key: string | null): void {
  storageEvents.dispatchEvent(Object.assign(new Event('storage'), { key }));
}

function open(storage: Storage | undefined, storageEvents = new EventTarget()) {
  const settings = new UserSettings(storage, storageEvents);
  const changed: string[] = [];
  settings.onChange((key) => changed.push(key));
  return { settings, changed, storageEvents };
}

test('restores settings when the page is opened again', () => {
  const storage = new MemoryStorage();
  open(storage).settings.set('theme', 'light');
  open(storage).settings.set('fontSize', 20);
  const { settings } = open(storage);
  expect(settings.get('theme')).toBe('light');
  expect(settings.get('fontSize')).toBe(20);
  expect(settings.get('notify')).toBe(false);
});

test('calls a listener for each change only', () => {
  const { settings, changed } = open(new MemoryStorage());
  settings.set('theme', 'dark');
  settings.set('theme', 'dark');
  settings.set('notify', false);
  settings.set('notify', true);
  expect(changed).toEqual(['theme', 'notify']);
});

test('has the new value when it calls a listener', () => {
  const { settings } = open(new MemoryStorage());
  const seen: (number | null)[] = [];
  settings.onChange(() => seen.push(settings.get('fontSize')));
  settings.set('fontSize', 21);
  expect(seen).toEqual([21]);
});

test('brings a font size into its range', () => {
  const { settings } = open(new MemoryStorage());
  settings.set('fontSize', 33);
  expect(settings.get('fontSize')).toBe(32);
});

describe('keeps settings until the page is closed if the storage', () => {
  test.each([
    ['is missing', undefined],
    ['is full', new FullStorage()],
    ['is blocked', new BlockedStorage()],
  ])('%s', (_how, storage) => {
    const { settings, changed, storageEvents } = open(storage);
    settings.set('theme', 'dark');
    storedElsewhere(storageEvents, 'key of another program');
    expect(settings.get('theme')).toBe('dark');
    expect(changed).toEqual(['theme']);
    expect(open(storage).settings.get('theme')).toBe('system');
  });
});

test('ignores invalid stored text, and overwrites it at the next change', () => {
  const storage = new MemoryStorage();
  storage.setItem(KEY, '{"theme": "dark"');
  const { settings } = open(storage);
  expect(settings.get('theme')).toBe('system');
  settings.set('contrast', 'more');
  expect(open(storage).settings.get('contrast')).toBe('more');
});

describe('if another tab', () => {
  test('changes settings, takes them over', () => {
    const storage = new MemoryStorage();
    const { settings, changed, storageEvents } = open(storage);
    const other = open(storage).settings;
    other.set('theme', 'light');
    other.set('maskPassword', true);
    storedElsewhere(storageEvents, KEY);
    expect(changed).toEqual(['theme', 'maskPassword']);
    expect(settings.get('theme')).toBe('light');
    // The next change here keeps the changes from there.
    settings.set('fontSize', 12);
    expect(open(storage).settings.get('maskPassword')).toBe(true);
  });

  test('clears the storage, returns to the defaults', () => {
    const storage = new MemoryStorage();
    const { settings, storageEvents } = open(storage);
    settings.set('theme', 'light');
    storage.clear();
    storedElsewhere(storageEvents, null);
    expect(settings.get('theme')).toBe(DEFAULTS.theme);
  });

  test('stores something else, changes nothing', () => {
    const storage = new MemoryStorage();
    const { settings, changed, storageEvents } = open(storage);
    storage.setItem(KEY, '{"theme":"light"}');
    storedElsewhere(storageEvents, 'motd.history');
    expect(settings.get('theme')).toBe('system');
    expect(changed).toEqual([]);
  });
});
