// Turns the web addresses in a text into links.

import { partsOf } from './links.pure.ts';

/**
 * Makes nodes of a text. Markup in it has no effect.
 *
 * @returns The same text. Each http or https address is a link to a new tab, which gets no
 *   reference to this page.
 */
export function linkedText(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  for (const part of partsOf(text)) {
    fragment.append(part.isLink ? linkTo(part.text) : part.text);
  }
  return fragment;
}

function linkTo(address: string): HTMLAnchorElement | string {
  if (!isAddress(address)) return address;
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = address;
  return link;
}

/** Excludes text that only looks like an address: `https://[`. */
function isAddress(text: string): boolean {
  try {
    const { protocol } = new URL(text);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}
