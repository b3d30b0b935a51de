import { expect, test } from 'vitest';
import { filterEntries } from './match.pure.ts';

const ENTRIES = [
  { group: 'Commands', label: 'MSGGET', detail: 'shows the message' },
  { group: 'Commands', label: 'MSGSTORE', detail: 'stores the next line as the new message' },
  { group: 'Commands', label: 'SHUTDOWN', detail: 'stops the server' },
  { group: 'Tools', label: 'Clear the screen' },
  { group: 'Tools', label: 'Download the transcript' },
  { group: 'Settings', label: 'Theme: Dark' },
  { group: 'Settings', label: 'Theme: Light' },
];

/** The labels that match, in order. */
const find = (query: string) =>
  filterEntries(query, ENTRIES).flatMap(({ entries }) => entries.map(({ label }) => label));

test('shows every entry, in the order given, as long as no word is typed', () => {
  const labels = ENTRIES.map(({ label }) => label);
  expect(find('')).toEqual(labels);
  expect(find('  ')).toEqual(labels);
});

test.each([
  ['msgg', ['MSGGET']],
  ['dark', ['Theme: Dark']],
  ['DARK theme', ['Theme: Dark']],
  ['theme  d', ['Theme: Dark', 'Theme: Light'].slice(0, 1)],
  ['stops', ['SHUTDOWN']],
  ['settings', ['Theme: Dark', 'Theme: Light']],
  ['msgget dark', []],
])('finds for %j exactly %j', (query, labels) => {
  expect(find(query)).toEqual(labels);
});

test('ranks the start of the label before the start of a word, and that before the inside', () => {
  const entries = ['Undo', 'Shutdown', 'Go down', 'Down'].map((label) => ({ group: '', label }));
  const [group] = filterEntries('down', entries);
  expect(group?.entries.map(({ label }) => label)).toEqual(['Down', 'Go down', 'Shutdown']);
});

test('finds the word after MSG at its start', () => {
  const entries = ['MSGWATCH', 'MSGHIST'].map((label) => ({ group: '', label }));
  for (const query of ['msg h', 'h', 'hist']) {
    const [group] = filterEntries(query, entries);
    expect(group?.entries[0]?.label).toBe('MSGHIST');
  }
});

test('puts the group with the best entry first', () => {
  expect(filterEntries('do', ENTRIES).map(({ title }) => title)).toEqual(['Tools', 'Commands']);
});
