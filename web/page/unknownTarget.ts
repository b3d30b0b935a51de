// The page for a URL with an invalid target. It shows no part of that URL.

import { requireElement } from '../ui/dom.ts';

const TITLE = 'Unknown target';

/** Explains the problem. There is nothing to connect to. */
export function showUnknownTarget(): void {
  document.title = TITLE;
  requireElement(document, '#title').textContent = TITLE;
  requireElement(document, '#message').textContent =
    'The target in this page’s address is not a valid name. Check the link that you followed.';
  requireElement(document, '#status').textContent = 'not connected: unknown target';
  requireElement(document, '#status-light').dataset['state'] = 'ended';
  requireElement(document, '#tools').hidden = true;
}
