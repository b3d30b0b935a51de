// The page's entry point. What few pages need is loaded by them alone.

import { takeEarlySocket } from '../connection/earlySocket.ts';
import { requireElement } from '../ui/dom.ts';
import { createPage } from './createPage.ts';
import { type PageTarget, targetFromUrl } from './pageTarget.ts';
import type { TargetService } from './targetService.ts';

const target = targetFromUrl(new URL(location.href));
if (target === undefined) stop('invalid').catch(showLoadFailure);
else if (target.as === 'motd') open(target);
else {
  loadService(target)
    .then((service) => (service === undefined ? stop('missing') : open(target, service)))
    .catch(showLoadFailure);
}

function open(to: PageTarget, service?: TargetService): void {
  // The URL does not name the default target.
  const { name = service?.name } = to;
  createPage(document, { ...to, name }, takeEarlySocket(), service).connect();
}

async function loadService(of: PageTarget): Promise<TargetService | undefined> {
  if (of.as === 'original') {
    // Without this part, line mode can speak to an original server, too.
    const original = await import('./original.ts').catch(() => undefined);
    if (original !== undefined) return original;
  }
  const lines = await import('./lineService.ts');
  return lines.loadService(of);
}

async function stop(why: 'invalid' | 'missing'): Promise<void> {
  takeEarlySocket()?.close();
  const { showUnknownTarget } = await import('./unknownTarget.ts');
  showUnknownTarget(why);
}

/** The bridge cannot be reached, or serves another version of the page. */
function showLoadFailure(): void {
  takeEarlySocket()?.close();
  requireElement(document, '#name').textContent = location.host;
  requireElement(document, '#status').textContent = 'not connected';
  requireElement(document, '#status-light').dataset['state'] = 'ended';
  requireElement(document, '#tools').hidden = true;
  requireElement(document, '#message-bar').dataset['state'] = 'none';
  const link = Object.assign(document.createElement('a'), { href: '', textContent: 'Reload' });
  const text = 'This page could not be loaded completely. ';
  requireElement(document, '#message').replaceChildren(text, link);
}
