// Checks that the page's relative URLs lead to its files, and reports a file that does not load.
//
// The bridge serves the page at a path that ends in a slash. A proxy that strips a prefix may serve
// it without the slash (/devbox): relative URLs then lead elsewhere. This script is inlined into
// index.html (vite.config.ts), because no other file is certain to load.
{
  const url = new URL(location.href);
  if (/\/(?:index\.html)?$/.test(url.pathname)) rememberRedirect('');
  else {
    url.pathname += '/';
    // A proxy that removes the slash again would cause an endless redirect.
    const isRedirectLoop = rememberRedirect(url.pathname) === url.pathname;
    if (isRedirectLoop) rememberRedirect('');
    else location.replace(url);
  }

  // Without its script, the page would stay empty without an explanation.
  addEventListener('error', onLoadError, true);

  /**
   * Remembers, for this tab, the path that it was redirected to.
   *
   * @param {string} path
   * @returns {string | null} The path remembered before; `null` if storage is blocked.
   */
  function rememberRedirect(path) {
    try {
      const before = sessionStorage.getItem('motd.slashAdded');
      sessionStorage.setItem('motd.slashAdded', path);
      return before;
    } catch {
      return null;
    }
  }

  /** @param {Event} event */
  function onLoadError({ target }) {
    if (!(target instanceof HTMLScriptElement)) return;
    const folder = new URL('.', url).pathname;
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

  /** @param {string} text */
  function paragraph(text) {
    return Object.assign(document.createElement('p'), { textContent: text });
  }
}
