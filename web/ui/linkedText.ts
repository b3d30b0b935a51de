// A text for the page, with its web addresses as links.

import { partsOf } from './links.pure.ts';

/**
 * Makes nodes of a text. Nothing in it is markup.
 *
 * @returns The text, to the letter; what is an http or https address can be followed, into a tab of
 *   its own that learns nothing of this page.
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

/** What looks like an address need not be one: `https://[`. */
function isAddress(text: string): boolean {
  try {
    const { protocol } = new URL(text);
    return protocol === 'http:' || protocol === 'https:';
  } catch {
    return false;
  }
}
