// The Atom feed of the messages (RFC 4287).
//
// The `feed` package is not used: it writes an entry without an address of its own as `<link/>`,
// which is invalid, and texts as HTML only.

import { createHash } from 'node:crypto';
import { entryJson } from '../../client/replies/entryJson.ts';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import { startOf } from '../content/snapshot.pure.ts';

/** Readers poll: an entry that is older than this many is no news. */
const MAX_ATOM_ENTRIES = 100;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** A feed without its own address, which depends on the request. */
export interface AtomFeed {
  updated: string;
  entries: string;
}

/** @param entries In the order in which they began. */
export function atomFeed(entries: readonly StoredEntry[]): AtomFeed {
  const newest = entries.slice(-MAX_ATOM_ENTRIES).reverse();
  const updatedMs = Math.max(0, ...newest.map((entry) => startOf(entry) ?? 0));
  return {
    updated: new Date(updatedMs).toISOString(),
    entries: newest.map(atomEntry).join(''),
  };
}

/** @param baseUrl The address of the page, with a slash at its end. */
export function writeAtom({ updated, entries }: AtomFeed, baseUrl: string): string {
  const base = escapeXml(baseUrl);
  return (
    '<?xml version="1.0" encoding="utf-8"?>\n' +
    '<feed xmlns="http://www.w3.org/2005/Atom">\n' +
    `<id>${base}messages.atom</id>\n` +
    '<title>Message of the day</title>\n' +
    `<updated>${updated}</updated>\n` +
    '<author><name>MOTD Terminal</name></author>\n' +
    `<link rel="self" type="application/atom+xml" href="${base}messages.atom"/>\n` +
    `<link rel="alternate" type="text/html" href="${base}"/>\n` +
    `${entries}</feed>\n`
  );
}

function atomEntry(entry: StoredEntry): string {
  const time = new Date(startOf(entry) ?? 0).toISOString();
  const text = escapeXml(entry.message);
  const author = entry.author && `<author><name>${escapeXml(entry.author)}</name></author>\n`;
  return (
    `<entry>\n<id>${idOf(entry)}</id>\n<title>${text}</title>\n` +
    `<published>${time}</published>\n<updated>${time}</updated>\n` +
    `${author ?? ''}<content>${text}</content>\n</entry>\n`
  );
}

/**
 * An id that is the same under every address of the bridge, and in every worker: a UUID of version 8
 * (RFC 9562, section 5.8) from what never changes about an entry.
 */
function idOf(entry: StoredEntry): string {
  const { number, storedAt, message } = entryJson(entry);
  const hash = createHash('sha256')
    .update(JSON.stringify([number, storedAt, message]))
    .digest();
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x80, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ].map((ends) => hex.slice(...ends));
  return `urn:uuid:${parts.join('-')}`;
}

/** Controls are escaped when a message is read; XML does not allow the two noncharacters either. */
function escapeXml(text: string): string {
  return text.replace(/[&<>"\ufffe\uffff]/g, (character) => ESCAPES[character] ?? '\ufffd');
}
