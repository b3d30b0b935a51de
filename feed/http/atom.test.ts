import { expect, test } from 'vitest';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import { atomFeed, writeAtom } from './atom.ts';

const BASE = 'https://motd.example/a/';
const UUID = /<id>urn:uuid:[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}<\/id>/g;
const write = (...entries: StoredEntry[]) => writeAtom(atomFeed(entries), BASE);
const entry = (number: number, message = `message ${number}`): StoredEntry => ({
  number,
  storedAtMs: number * 1000,
  message,
});

test('has its address, and the time of its newest entry', () => {
  const feed = write(entry(1), entry(2));
  expect(feed).toContain('<id>https://motd.example/a/messages.atom</id>');
  expect(feed).toContain('rel="self" type="application/atom+xml" href="https://motd.example/a/m');
  expect(feed).toMatch(/<\/title>\n<updated>1970-01-01T00:00:02.000Z<\/updated>/);
});

test('has the newest entry first', () => {
  const titles = [...write(entry(1), entry(2)).matchAll(/<title>(message \d)/g)];
  expect(titles.map(([, title]) => title)).toEqual(['message 2', 'message 1']);
});

test('gives an entry the time at which it begins, and its author', () => {
  const planned = { ...entry(1), fromMs: 5000, author: 'a & b' };
  const feed = write(planned);
  expect(feed).toContain('<published>1970-01-01T00:00:05.000Z</published>');
  expect(feed).toContain('<author><name>a &amp; b</name></author>\n<content>');
});

test('escapes markup', () => {
  expect(write(entry(1, '<b>&amp; "x" ]]>'))).toContain(
    '<title>&lt;b&gt;&amp;amp; &quot;x&quot; ]]&gt;</title>',
  );
});

test('replaces characters that XML does not allow', () => {
  expect(write(entry(1, 'a\ufffeb\uffff'))).toContain('<title>a\ufffdb\ufffd</title>');
});

test('gives each entry an id of its own, which later entries do not change', () => {
  const [first] = write(entry(1)).match(UUID) ?? [];
  const both = write(entry(1), entry(2)).match(UUID) ?? [];
  expect(new Set(both).size).toBe(2);
  expect(both[1]).toBe(first);
});

test('has the newest hundred entries of a longer history', () => {
  const many = Array.from({ length: 150 }, (_, index) => entry(index + 1));
  const ids = write(...many).match(UUID) ?? [];
  expect(ids).toHaveLength(100);
  expect(write(...many)).toContain('<title>message 51</title>');
  expect(write(...many)).not.toContain('<title>message 50</title>');
});

test('is valid without entries', () => {
  expect(write()).toContain('<updated>1970-01-01T00:00:00.000Z</updated>');
});
