// Turns the URLs in a text into links.

import { splitLinks } from './links.pure.ts';

/**
 * Makes nodes of a text. Markup in it has no effect.
 *
 * @returns The same text. Each http or https URL is a link to a new tab, which gets no
 *   reference to this page.
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
