// The page for an address whose target cannot exist. Nothing of that address is shown.

import { find } from '../ui/dom.ts';

const TITLE = 'Unknown target';

/** Shows that the address is wrong, and never settles: there is no conversation to begin. */
export function showUnknownTarget(): Promise<never> {
  document.title = TITLE;
  find(document, '#title').textContent = TITLE;
  find(document, '#message').textContent =
    'The address of this page names a target that cannot exist. Check the link that led here.';
  find(document, '#status').textContent = 'not connected: unknown target';
  find(document, '#light').dataset['state'] = 'ended';
  find(document, '#tools').hidden = true;
  return new Promise(() => {});
}
