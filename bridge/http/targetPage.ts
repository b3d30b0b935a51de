// Tells the page what its target is: the page of a target that is marked +original is at
// `?as=original` (web/page/pageTarget.ts).

import type { Target } from '../relay/targets.ts';
import { queryOf } from './requestTarget.ts';

/**
 * Finds the page's own address for its target.
 *
 * @param url The target of a request for the page.
 * @param targets The first is the default.
 * @returns The query to redirect to, a relative reference; `undefined` if the page is at `url`, also
 *   if that specifies another `as`.
 */
export function queryForTarget(url: string | undefined, targets: readonly Target[]) {
  const query = new URLSearchParams(queryOf(url));
  if (query.get('as')) return undefined;
  const name = query.get('target') || targets[0]?.name;
  const isOriginal = targets.some((target) => target.name === name && target.isOriginal);
  if (!isOriginal) return undefined;
  query.set('as', 'original');
  return `?${query}`;
}
