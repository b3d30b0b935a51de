// The page for a target that does not exist. It shows no part of the URL, and offers those there are.

import { adoptStyles } from '../appearance/adoptStyles.ts';
import styles from '../appearance/unknownTarget.css?inline';
import { type ListedTarget, listTargets, pageOf } from '../targets/listedTarget.ts';
import { requireElement } from '../ui/dom.ts';
import { element } from '../ui/element.ts';

const TITLE = 'Unknown target';

const EXPLANATION = {
  invalid:
    'The target in this page’s address is not a valid name. Check the link that you followed.',
  missing: 'The bridge has no target of this name. Check the link that you followed.',
};

/** More are at /targets, with a search. */
const MAX_OFFERED = 5;

/** Explains the problem, and leads to the targets that exist. There is nothing to connect to. */
export function showUnknownTarget(why: keyof typeof EXPLANATION): void {
  adoptStyles(styles);
  document.title = TITLE;
  requireElement(document, '#name').textContent = location.host;
  requireElement(document, '#status').textContent = 'unknown target';
  requireElement(document, '#status-light').dataset['state'] = 'unknownTarget';
  for (const unused of ['#tools', '#message-bar', '#terminal', '#to-line'])
    requireElement(document, unused).hidden = true;
  const title = requireElement(document, '#title');
  title.textContent = TITLE;
  const list = element('ul');
  const all = element('a', { href: 'targets' }, 'All targets');
  requireElement(document, 'main').append(
    element(
      'section',
      { id: 'unknown-target' },
      title,
      element('p', {}, EXPLANATION[why]),
      list,
      all,
    ),
  );
  // Without it, the link leads to all of them.
  listTargets().then(
    (targets) => list.append(...targets.slice(0, MAX_OFFERED).map(item)),
    () => {},
  );
}

/** Titles are the operator's, and text. */
function item(target: ListedTarget): HTMLLIElement {
  return element('li', {}, element('a', { href: pageOf(target) }, target.title ?? target.name));
}
