// An entry in the panel with the history: when it is in force, who stored it and when, the message,
// and a button that cancels it.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { formatTime } from '../../protocol/time.ts';
import { button, element } from '../ui/element.ts';
import { linkedText } from '../ui/linkedText.ts';
import type { TimeFormat } from './timeFormat.ts';

/** An entry of a server that knows MSGCANCEL. */
export type NumberedEntry = HistoryEntry & { number: number };

export interface HistoryItemOptions {
  /** How the entry stands, in words; empty if there is nothing to say. */
  status: string;
  times: TimeFormat;
  /** Called when the user wants to cancel the entry, if it is planned. */
  cancel(entry: NumberedEntry): void;
}

export function historyItem(
  entry: HistoryEntry,
  { status, times, cancel }: HistoryItemOptions,
): HTMLElement {
  const message = element('p', { dir: 'auto' }, linkedText(entry.message));
  const item = element('li', {}, ...headLines(entry, times), message);
  if (status !== '') {
    item.prepend(element('div', { className: entry.isInForce ? 'in-force' : '' }, status));
  }
  if (isNumbered(entry) && entry.isPlanned) {
    item.className = 'planned';
    const cancelButton = button({ onclick: () => cancel(entry) }, 'Cancel…');
    message.id = `entry-${entry.number}`;
    cancelButton.setAttribute('aria-describedby', message.id);
    item.append(cancelButton);
  }
  return item;
}

function isNumbered(entry: HistoryEntry): entry is NumberedEntry {
  return entry.number !== undefined;
}

function headLines(entry: HistoryEntry, times: TimeFormat): HTMLElement[] {
  const stored = element(
    'time',
    { dateTime: formatTime(entry.storedAtMs), title: times.full(entry.storedAtMs) },
    times.short(entry.storedAtMs),
  );
  const author = entry.author === undefined ? [] : [' by ', element('bdi', {}, entry.author)];
  const hasWindow = entry.fromMs !== undefined || entry.untilMs !== undefined;
  return [
    ...(hasWindow ? [element('div', { className: 'window' }, windowText(entry, times))] : []),
    element('div', {}, ...(hasWindow ? ['stored '] : []), stored, ...author),
  ];
}

function windowText(entry: HistoryEntry, times: TimeFormat): string {
  const { fromMs, untilMs } = entry;
  // The end of an entry that was cancelled is the time when it was cancelled.
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
    return 'cancelled before it began';
  }
  return times.window(entry);
}
