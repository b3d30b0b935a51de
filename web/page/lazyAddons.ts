// The addons of the terminal that are loaded when they are first used.

import type { SearchAddon } from '@xterm/addon-search';
import type { Terminal } from '@xterm/xterm';
import { LINK } from '../ui/links.pure.ts';

export interface SearchResults {
  /** The current result, from 0; -1 if there is none. */
  index: number;
  count: number;
}

export async function loadSearch(
  terminal: Terminal,
  searched: (results: SearchResults) => void,
): Promise<SearchAddon> {
  const { SearchAddon } = await import('@xterm/addon-search');
  const search = new SearchAddon();
  terminal.loadAddon(search);
  search.onDidChangeResults(({ resultIndex, resultCount }) =>
    searched({ index: resultIndex, count: resultCount }),
  );
  return search;
}

/** Makes the links in the terminal open a tab that gets no reference to this page. */
export async function loadLinks(terminal: Terminal): Promise<void> {
  const { WebLinksAddon } = await import('@xterm/addon-web-links');
  const open = (_event: MouseEvent, url: string) =>
    window.open(url, '_blank', 'noopener,noreferrer');
  terminal.loadAddon(new WebLinksAddon(open, { urlRegex: LINK }));
}
