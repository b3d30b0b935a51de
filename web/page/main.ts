// The page's entry point. What few pages need is loaded by them alone.

import { takeEarlySocket } from '../connection/earlySocket.ts';
import { createPage, type OriginalServer } from './createPage.ts';
import { targetFromUrl } from './pageTarget.ts';

const target = targetFromUrl(new URL(location.href));
if (target === undefined) {
  void import('./unknownTarget.ts').then(({ showUnknownTarget }) => showUnknownTarget());
} else {
  const open = (original?: OriginalServer) =>
    createPage(document, target, takeEarlySocket(), original).connect();
  // Without this part, line mode can speak to an original server, too.
  if (target.as === 'original') import('./original.ts').catch(() => undefined).then(open);
  else open();
}
