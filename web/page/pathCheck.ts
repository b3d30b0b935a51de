// Checks that the page's relative URLs lead to its files, and reports a file that does not load.
//
// The bridge serves the page at a path that ends in a slash. A proxy that strips a prefix may serve
// it without the slash (/devbox): relative URLs then lead elsewhere. This is part of the script in
// index.html (boot.ts), because no other file is certain to load.

import { takeEarlySocket } from '../connection/earlySocket.ts';

/** @returns Whether the page is leaving for the path with the slash. */
export function checkPath(): boolean {
  const url = new URL(location.href);
  if (/\/(?:index\.html)?$/.test(url.pathname)) {
    // Not now, because the first access to the storage of a tab blocks the page.
    addEventListener('pagehide', () => rememberRedirect(''));
  } else {
    url.pathname += '/';
    // A proxy that removes the slash again would cause an endless redirect.
    const isRedirectLoop = rememberRedirect(url.pathname) === url.pathname;
    if (!isRedirectLoop) {
      location.replace(url);
      return true;
    }
    rememberRedirect('');
  }
  // Without its script, the page would stay empty without an explanation.
  addEventListener('error', (event) => onLoadError(event, url), true);
  return false;
}

/**
 * Remembers, for this tab, the path that it was redirected to.
 *
 * @returns The path remembered before; `null` if storage is blocked.
 */
function rememberRedirect(path: string): string | null {
  try {
    const before = sessionStorage.getItem('motd.slashAdded');
    sessionStorage.setItem('motd.slashAdded', path);
    return before;
  } catch {
    return null;
  }
}

function onLoadError({ target }: Event, page: URL): void {
  if (!(target instanceof HTMLScriptElement)) return;
  takeEarlySocket()?.close();
  const folder = new URL('.', page).pathname;
  const texts = [
    `This page is incomplete: ${new URL(target.src).pathname} could not be loaded.`,
    'Reload the page. If that does not help, its operator must check the reverse proxy: ' +
      `everything below ${folder} must reach the bridge. If the proxy strips ${folder}, no other ` +
      'setting is needed. If it keeps the prefix, start the bridge with ' +
      `--base-path ${folder === '/' ? '/PATH' : folder.slice(0, -1)}.`,
  ];
  const show = () => document.body.replaceChildren(...texts.map(paragraph));
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', show);
  else show();
}

function paragraph(text: string): HTMLParagraphElement {
  return Object.assign(document.createElement('p'), { textContent: text });
}
