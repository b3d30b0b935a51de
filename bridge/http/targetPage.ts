// Tells the page what its target is: the page of a target that is marked +original is at
// `?as=original`, and that of a default target whose marks are for line mode is at `?as=lines`
// (web/page/pageTarget.ts).

import type { TargetList } from '../relay/targetList.ts';
import { isUsedByLine, type Target } from '../relay/targets.ts';
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
  const name = query.get('target') || undefined;
  const as = kindOf(targets.find(name), name);
  if (as === undefined) return undefined;
  query.set('as', as);
  return `?${query}`;
}

/** @returns `undefined` if the page takes the target for this by itself. */
function kindOf(target: Target | undefined, name: string | undefined) {
  if (target?.isOriginal) return 'original';
  return target !== undefined && name === undefined && isUsedByLine(target) ? 'lines' : undefined;
}
