import { expect, test, vi } from 'vitest';
import { BlockedStorage, MemoryStorage } from './memoryStorage.harness.ts';
import { StoredHistory } from './storedHistory.ts';

/** Adds lines in one task, and waits until they are stored. */
async function add(history: StoredHistory, ...lines: string[]): Promise<void> {
  for (const line of lines) history.add(line);
  await Promise.resolve();
}

function linesIn(storage: Storage | undefined, key = 'one'): readonly string[] {
  return new StoredHistory(storage, key).lines.lines;
}

function storageWith(text: string): Storage {
  const storage = new MemoryStorage();
  storage.setItem('one', text);
  return storage;
}

test('loads the lines that were stored for the same target, in another tab, too', async () => {
  const storage = new MemoryStorage();
  const [here, elsewhere] = [new StoredHistory(storage, 'one'), new StoredHistory(storage, 'one')];
  await add(here, 'MSGGET');
  await add(elsewhere, 'QUIT', 'MSGGET');
  expect(linesIn(storage)).toEqual(['MSGGET', 'QUIT', 'MSGGET']);
  expect(linesIn(storage, 'other')).toEqual([]);
});

test('stores the lines of one task, as from a paste, together', async () => {
  const storage = new MemoryStorage();
  const stored = vi.spyOn(storage, 'setItem');
  await add(new StoredHistory(storage, 'one'), 'MSGSTORE', 'a message', 'MSGGET');
  expect(stored).toHaveBeenCalledOnce();
  expect(linesIn(storage)).toEqual(['MSGSTORE', 'a message', 'MSGGET']);
});

test.each(['', 'not JSON', '{}', 'null', '7'])('loads an empty history from %j', (text) => {
  expect(linesIn(storageWith(text))).toEqual([]);
});

test('skips entries that are not a line', () => {
  expect(linesIn(storageWith('["a",1,null,"two\\nlines","b"]'))).toEqual(['a', 'b']);
});

test.each([
  ['missing', undefined],
  ['blocked', new BlockedStorage()],
])('keeps the lines as long as the page is open if the storage is %s', async (_how, storage) => {
  const history = new StoredHistory(storage, 'one');
  await add(history, 'MSGGET');
  expect(history.lines.lines).toEqual(['MSGGET']);
  expect(linesIn(storage)).toEqual([]);
});
