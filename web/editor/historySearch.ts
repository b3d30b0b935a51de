// The reverse search of the line editor, Ctrl-R. Pure: each key gives the next search.

import { type EditedLine, editedLine, left, remove } from './editedLine.ts';
import type { EditorKey } from './editorKeys.ts';
import type { LineHistory } from './lineHistory.ts';
import { smartCaseIndex } from './smartCase.ts';

/** In UTF-16 units: a longer query would not fit into the prompt. */
const MAX_QUERY_LENGTH = 256;

/** A search in the history, shown in place of the prompt. */
export interface HistorySearch {
  readonly query: string;
  /** Of the line that was found. */
  readonly index: number;
  readonly isFound: boolean;
  /** The line from before the search. */
  readonly before: EditedLine;
}

export type SearchMove =
  /** `line` is undefined if it stays. */
  | { to: 'searching'; search: HistorySearch; line?: EditedLine }
  /** The search ends with the line from before it, or with the one that was found. */
  | { to: 'editing'; line?: EditedLine }
  /** The search ends, and the key has its usual effect. */
  | { to: 'key' };

/** Starts a search from the newest line back. */
export function startSearch({ lines }: LineHistory, before: EditedLine): HistorySearch {
  return { query: '', index: lines.length, isFound: true, before };
}

export function pressInSearch(
  search: HistorySearch,
  key: EditorKey,
  history: LineHistory,
): SearchMove {
  switch (key.key) {
    case 'text': {
      const query = `${search.query}${key.text}`.slice(0, MAX_QUERY_LENGTH);
      return find(search, query, search.index + 1, history);
    }
    case 'delete': {
      if (key.to !== 'left') return { to: 'key' };
      const query = remove(editedLine(search.query), left).line.text;
      return find(search, query, history.lines.length, history);
    }
    case 'historySearch':
      return find(search, search.query, search.index, history);
    case 'abort':
    case 'interrupt':
      return { to: 'editing', line: search.before };
    case 'escape':
      return { to: 'editing' };
    default:
      return { to: 'key' };
  }
}

/** Finds the newest match with an index below `before`. Without one, the last match stays. */
function find(
  search: HistorySearch,
  query: string,
  before: number,
  history: LineHistory,
): SearchMove {
  const index = query === '' ? undefined : history.find(query, before);
  if (index === undefined) {
    return { to: 'searching', search: { ...search, query, isFound: query === '' } };
  }
  const text = history.lines[index] ?? '';
  const line = editedLine(text, smartCaseIndex(text, query));
  return { to: 'searching', search: { ...search, query, index, isFound: true }, line };
}
