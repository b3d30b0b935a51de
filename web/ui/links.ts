// Turns the URLs in a text, or in the terminal, into links. They open a new tab, which gets no
// reference to this page.

import { WebLinksAddon } from '@xterm/addon-web-links';
import type { Terminal } from '@xterm/xterm';
import { LINK, splitLinks } from './links.pure.ts';

export function addLinks(terminal: Terminal): void {
  const open = (_event: MouseEvent, url: string) =>
    window.open(url, '_blank', 'noopener,noreferrer');
  terminal.loadAddon(new WebLinksAddon(open, { urlRegex: LINK }));
}

/**
 * Makes nodes of a text. Markup in it has no effect.
 *
 * @returns The same text. Each http or https URL is a link.
 */
export function linkedText(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const part of splitLinks(text)) {
    fragment.append(part.isLink ? linkTo(part.text) : part.text);
  }
  return fragment;
}

function linkTo(url: string): HTMLAnchorElement | string {
  if (!isWebUrl(url)) return url;
  const link = document.createElement('a');
  link.href = url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = url;
  // In a text from right to left, a URL keeps the order of its parts.
  link.dir = 'ltr';
  return link;
}

/** Excludes text that only looks like a URL: `https://[`. */
function isWebUrl(text: string): boolean {
  try {
    const { protocol } = new URL(text);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}
