// Tells the page what its target is: the page of a target that is marked +original is at
// `?as=original` (web/page/pageTarget.ts).

import type { TargetList } from '../relay/targetList.ts';
import { queryOf } from './requestTarget.ts';

/**
 * Finds the page's own address for its target.
 *
 * @param url The target of a request for the page.
 * @returns The query to redirect to, a relative reference; `undefined` if the page is at `url`, also
 *   if that specifies another `as`.
 */
export function queryForTarget(url: string | undefined, targets: TargetList) {
  const query = new URLSearchParams(queryOf(url));
  if (query.get('as')) return undefined;
  const target = targets.find(query.get('target') || undefined);
  if (!target?.isOriginal) return undefined;
  query.set('as', 'original');
  return `?${query}`;
}
