// How the page learns what its target is (web/page/pageTarget.ts): the page of a target that is marked
// +original is at `?as=original`, and that of a default target that is no message server is at
// `?as=lines`. The page of a message server sends MSGWATCH by itself, which no other service should
// get. The page of a target that does not exist is at its name alone: whatever `as` is, it offers
// the targets there are.

import type { TargetList } from '../relay/targetList.ts';
import { isMessageServer, type Target } from '../relay/targets.ts';
import { queryOf } from './requestTarget.ts';

/**
 * Finds the page's own address for its target.
 *
 * @param url The target of a request for the page.
 * @returns The query to redirect to, a relative reference; `undefined` if the page is at `url`, also
 *   if that specifies another `as` for a target that exists.
 */
export function queryForTarget(url: string | undefined, targets: TargetList) {
  const query = new URLSearchParams(queryOf(url));
  const name = query.get('target') || undefined;
  const target = targets.find(name);
  if (query.get('as')) {
    if (target !== undefined) return undefined;
    query.delete('as');
    return `?${query}`;
  }
  const as = kindOf(target, name);
  if (as === undefined) return undefined;
  query.set('as', as);
  return `?${query}`;
}

/** @returns `undefined` if the page takes the target for this by itself. */
function kindOf(target: Target | undefined, name: string | undefined) {
  if (target?.isOriginal) return 'original';
  if (target === undefined || name !== undefined || isMessageServer(target)) return undefined;
  return 'lines';
}
