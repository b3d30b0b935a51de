// An entry in the panel with the history: when it is in force, who stored it and when, the message,
// and a button that cancels it.

import type { HistoryEntry } from '../../client/replies/historyReader.ts';
import { button, element } from '../ui/element.ts';
import { linkedText } from '../ui/linkedText.ts';
import type { TimeFormat } from './timeFormat.ts';

/** An entry of a server that knows MSGCANCEL. */
export type NumberedEntry = HistoryEntry & { number: number };

/** @param cancel Called when the user wants to cancel the entry, if it is planned. */
export function historyItem(
  entry: HistoryEntry,
  times: TimeFormat,
  cancel: (entry: NumberedEntry) => void,
): HTMLElement {
  const message = element('p', { dir: 'auto' }, linkedText(entry.message));
  const item = element('li', {}, ...headLines(entry, times), message);
  if (isNumbered(entry) && entry.isPlanned) {
    item.className = 'planned';
    const cancelButton = button({ onclick: () => cancel(entry) }, 'Cancel…');
    cancelButton.ariaLabel = `Cancel message ${entry.number}…`;
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
    { dateTime: entry.time, title: times.full(entry.time) },
    times.short(entry.time),
  );
  const author = entry.author === undefined ? [] : [' by ', element('bdi', {}, entry.author)];
  const hasWindow = entry.fromMs !== undefined || entry.untilMs !== undefined;
  return [
    ...statusLine(entry),
    ...(hasWindow ? [element('div', { className: 'window' }, windowText(entry, times))] : []),
    element('div', {}, ...(hasWindow ? ['stored '] : []), stored, ...author),
  ];
}

function statusLine(entry: HistoryEntry): HTMLElement[] {
  if (entry.isInForce) return [element('div', { className: 'in-force' }, 'In force')];
  if (!entry.isPlanned) return [];
  const isToCome = (entry.fromMs ?? 0) > Date.now();
  return [element('div', {}, isToCome ? 'To come' : 'Under a newer message')];
}

function windowText(entry: HistoryEntry, times: TimeFormat): string {
  const { fromMs, untilMs } = entry;
  // The end of an entry that was cancelled is the time when it was cancelled.
  if (fromMs !== undefined && untilMs !== undefined && untilMs <= fromMs) {
    return 'cancelled before it began';
  }
  return times.window(entry);
}
