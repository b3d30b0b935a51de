// The page for a target that does not exist. It shows no part of the URL.

import { requireElement } from '../ui/dom.ts';
import { element } from '../ui/element.ts';

const TITLE = 'Unknown target';

const EXPLANATION = {
  invalid:
    'The target in this page’s address is not a valid name. Check the link that you followed.',
  missing: 'The bridge has no target of this name. Check the link that you followed.',
};

/** Explains the problem, and leads to the targets that exist. There is nothing to connect to. */
export function showUnknownTarget(why: keyof typeof EXPLANATION): void {
  document.title = TITLE;
  requireElement(document, '#title').textContent = TITLE;
  const link = element('a', { href: 'targets' }, 'Choose a target');
  requireElement(document, '#message').replaceChildren(`${EXPLANATION[why]} `, link);
  requireElement(document, '#status').textContent = 'not connected: unknown target';
  requireElement(document, '#status-light').dataset['state'] = 'ended';
  requireElement(document, '#tools').hidden = true;
  requireElement(document, '#message-bar').dataset['state'] = 'none';
}
