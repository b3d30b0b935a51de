// Collects the history of a server, in bounded memory: by MSGINFO, MSGPLANS and MSGLIST, or by
// MSGHIST if the server is older. Pure.
//
//   awaits     line           sends                       next
//   info       200 OK                                     inForce
//              400 …          MSGHIST, QUIT               older
//   inForce    an entry       MSGPLANS, MSGLIST, QUIT     plans
//   plans      200 OK, plans, `.`                         list
//   list       200 OK, entries, `.`                       complete
//   older      200 OK, times and messages, `.`            complete
//   any        any other                                  rejected

import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import { isUnknownCommand, REPLY } from '../../protocol/replies.ts';
import { readEntryLine, type StoredEntry } from './entryLine.ts';
import { readHistoryLine } from './historyLine.ts';
import { type Incomplete, LineExchange, type Rejected, rejected } from './lineExchange.ts';
import { ListReader } from './listReader.ts';
import { readPlanLine } from './planLine.ts';

export interface HistoryEntry extends StoredEntry {
  storedAtMs: number;
  isInForce: boolean;
  /** Whether it has a window that is not over yet, on the server's clock. */
  isPlanned: boolean;
}

/** All entries, oldest first. */
type Final = { is: 'complete'; entries: readonly HistoryEntry[] };

export type HistoryResult = Incomplete | Rejected | Final;

/** The text to send first. */
export const HISTORY_REQUEST = 'MSGINFO\n';

// QUIT makes the server close the connection after the history.
const LIST_REQUEST = 'MSGPLANS\nMSGLIST\nQUIT\n';
const OLDER_REQUEST = 'MSGHIST\nQUIT\n';

/** The maximum number of messages to keep: the newest ones of a longer history. */
const MAX_MESSAGES = 10_000;

/** Enough for MAX_MESSAGES messages of the maximum length. A hostile server sends longer ones. */
const MAX_CHARACTERS = MAX_MESSAGES * MAX_LINE_BYTES;

type State =
  | { awaits: 'info' }
  | { awaits: 'inForce' }
  | { awaits: 'plans'; lines: ListReader; inForce: number; planned: Set<number> }
  | { awaits: 'list'; lines: ListReader; inForce: number; planned: ReadonlySet<number> }
  | { awaits: 'older'; lines: ListReader };

export class HistoryReader {
  readonly #exchange = new LineExchange<Final>((line) => this.#receiveLine(line));
  readonly #entries: HistoryEntry[] = [];
  #state: State = { awaits: 'info' };
  #characters = 0;

  /**
   * @param text Decoded text from the server. A chunk may end anywhere.
   * @returns The result so far. Once it is complete or rejected, it no longer changes.
   */
  receive(text: string): HistoryResult {
    return this.#exchange.receive(text);
  }

  #receiveLine(line: string): HistoryResult {
    const state = this.#state;
    switch (state.awaits) {
      case 'info':
        if (isUnknownCommand(line)) {
          return this.#continue({ awaits: 'older', lines: new ListReader() }, OLDER_REQUEST);
        }
        return line === REPLY.ok ? this.#continue({ awaits: 'inForce' }) : rejected(line);
      case 'inForce': {
        const inForce = readEntryLine(line)?.number;
        if (inForce === undefined) return rejected(line);
        const lines = new ListReader();
        return this.#continue(
          { awaits: 'plans', lines, inForce, planned: new Set() },
          LIST_REQUEST,
        );
      }
      case 'plans':
      case 'list':
      case 'older':
        return this.#receiveItem(state, line);
      default:
        return state satisfies never;
    }
  }

  /** Receives a line of a list. */
  #receiveItem(state: State & { lines: ListReader }, line: string): HistoryResult {
    const event = state.lines.receiveLine(line);
    switch (event.is) {
      case 'accepted':
        return this.#continue(state);
      case 'entry':
        return this.#add(state, line) ? this.#continue(state) : rejected(line);
      case 'end':
        if (state.awaits !== 'plans') return { is: 'complete', entries: this.#entries };
        return this.#continue({ ...state, awaits: 'list', lines: new ListReader() });
      case 'rejected':
        return event;
      default:
        return event satisfies never;
    }
  }

  #continue(state: State, send = ''): HistoryResult {
    this.#state = state;
    return { is: 'incomplete', send };
  }

  /** @returns Whether the line is an entry, or a plan. */
  #add(state: State & { lines: ListReader }, line: string): boolean {
    if (state.awaits === 'plans') {
      const plan = readPlanLine(line);
      if (plan === undefined || state.planned.size === MAX_MESSAGES) return false;
      state.planned.add(plan.number);
      return true;
    }
    const entry = state.awaits === 'list' ? listedEntry(line, state) : olderEntry(line);
    if (entry === undefined) return false;
    this.#entries.push(entry);
    this.#characters += sizeOf(entry);
    while (this.#entries.length > MAX_MESSAGES || this.#characters > MAX_CHARACTERS) {
      const dropped = this.#entries.shift();
      this.#characters -= dropped === undefined ? 0 : sizeOf(dropped);
    }
    return true;
  }
}

/** Reads a line of MSGLIST. */
function listedEntry(
  line: string,
  { inForce, planned }: { inForce: number; planned: ReadonlySet<number> },
): HistoryEntry | undefined {
  const details = readEntryLine(line);
  if (details?.storedAtMs === undefined) return undefined;
  return {
    ...details,
    storedAtMs: details.storedAtMs,
    isInForce: details.number === inForce,
    isPlanned: planned.has(details.number),
  };
}

/** Reads a line of MSGHIST. */
function olderEntry(line: string): HistoryEntry | undefined {
  const entry = readHistoryLine(line);
  return entry && { ...entry, isInForce: false, isPlanned: false };
}

function sizeOf({ message, author = '' }: HistoryEntry): number {
  return message.length + author.length;
}
