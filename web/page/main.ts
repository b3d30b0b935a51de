// The page's entry point. What few pages need is loaded by them alone.

import { takeEarlySocket } from '../connection/earlySocket.ts';
import { createPage } from './createPage.ts';
import { type PageTarget, targetFromUrl } from './pageTarget.ts';
import type { TargetService } from './targetService.ts';

const target = targetFromUrl(new URL(location.href));
if (target === undefined) {
  void import('./unknownTarget.ts').then(({ showUnknownTarget }) => showUnknownTarget());
} else {
  const open = (service?: TargetService) =>
    createPage(document, target, takeEarlySocket(), service).connect();
  if (target.as === 'motd') open();
  else void loadService(target).then(open);
}

async function loadService(target: PageTarget): Promise<TargetService> {
  if (target.as === 'original') {
    // Without this part, line mode can speak to an original server, too.
    const original = await import('./original.ts').catch(() => undefined);
    if (original !== undefined) return original;
  }
  const lines = await import('./lineService.ts');
  return lines.loadService(target);
}
