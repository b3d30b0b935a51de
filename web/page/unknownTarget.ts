// The page for an address whose target cannot exist. Nothing of that address is shown.

import { requireElement } from '../ui/dom.ts';

const TITLE = 'Unknown target';

/** Shows that the address is wrong, and never settles: there is no conversation to begin. */
export function showUnknownTarget(): Promise<never> {
  document.title = TITLE;
  requireElement(document, '#title').textContent = TITLE;
  requireElement(document, '#message').textContent =
    'The target in this page’s address is not a valid name. Check the link that you followed.';
  requireElement(document, '#status').textContent = 'not connected: unknown target';
  requireElement(document, '#status-light').dataset['state'] = 'ended';
  requireElement(document, '#tools').hidden = true;
  return new Promise(() => {});
}
