// A snapshot in all forms in which it is sent. They are prepared once for all requests; those of the
// history when they are first requested.

import { type EntryJson, entryJson } from '../../client/replies/entryJson.ts';
import type { StoredEntry } from '../../client/replies/entryLine.ts';
import { messageEvent, missedSince } from '../content/events.pure.ts';
import type { Snapshot } from '../content/snapshot.pure.ts';
import { type AtomFeed, atomFeed, writeAtom } from './atom.ts';
import { type Representation, represent } from './representation.ts';

interface HistoryForms {
  json: Representation;
  atom: AtomFeed;
  /** At the address that was requested last. */
  written?: { baseUrl: string; atom: Representation };
}

export class MessageForms {
  readonly plain: Representation;
  readonly json: Representation;
  /** As an event, with its id. */
  readonly event: string;
  readonly #snapshot: Snapshot;
  readonly #events = new WeakMap<StoredEntry, Buffer>();
  #history: HistoryForms | undefined;

  /** @param changedAtMs When the message changed (`changeTime`), if it is known. */
  constructor(snapshot: Snapshot, changedAtMs: number | undefined) {
    const { current } = snapshot;
    this.plain = represent(`${current.message}\n`, {
      contentType: 'text/plain; charset=utf-8',
      changedAtMs,
    });
    this.json = representJson(entryJson(current), changedAtMs);
    this.event = messageEvent(current);
    this.#snapshot = snapshot;
  }

  get historyJson(): Representation {
    return this.#historyForms.json;
  }

  /** @param baseUrl The address of the page, with a slash at its end. */
  atom(baseUrl: string): Representation {
    const history = this.#historyForms;
    if (history.written?.baseUrl !== baseUrl) {
      const contentType = 'application/atom+xml; charset=utf-8';
      const atom = represent(writeAtom(history.atom, baseUrl), { contentType });
      history.written = { baseUrl, atom };
    }
    return history.written.atom;
  }

  /**
   * The events to send to a reader that reconnects.
   *
   * @param lastId The id of the last event that it got, if there was one.
   */
  missedSince(lastId: string | undefined): MissedEvents {
    const entries = missedSince(lastId, this.#snapshot);
    return {
      earlier: entries.slice(0, -1).map((entry) => this.#eventOf(entry)),
      hasCurrent: entries.length === 0,
    };
  }

  /** Shared by all readers: thousands may reconnect at once. */
  #eventOf(entry: StoredEntry): Buffer {
    const event = this.#events.get(entry) ?? Buffer.from(messageEvent(entry));
    this.#events.set(entry, event);
    return event;
  }

  get #historyForms(): HistoryForms {
    const { entries } = this.#snapshot;
    this.#history ??= { json: representJson(entries.map(entryJson)), atom: atomFeed(entries) };
    return this.#history;
  }
}

export interface MissedEvents {
  /** Those before the message in force, oldest first. */
  earlier: Buffer[];
  /** Whether the reader has the message in force. */
  hasCurrent: boolean;
}

function representJson(value: EntryJson | EntryJson[], changedAtMs?: number): Representation {
  const contentType = 'application/json; charset=utf-8';
  return represent(`${JSON.stringify(value)}\n`, { contentType, changedAtMs });
}
