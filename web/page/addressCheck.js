// Checks that the page is where its files are. Their addresses are relative, and the bridge serves the
// page at a path that ends in a slash. A proxy that takes a prefix off may serve it without one
// (/devbox): then they lead elsewhere. It has to be a script in index.html: no file can be trusted to
// arrive.
{
  const url = new URL(location.href);
  if (/\/(?:index\.html)?$/.test(url.pathname)) remember('');
  else {
    url.pathname += '/';
    // A proxy that takes the slash off again would have the page load for ever.
    const isTakenOff = remember(url.pathname) === url.pathname;
    if (isTakenOff) remember('');
    else location.replace(url);
  }

  // A script that did not arrive: without it, nothing would ever happen.
  addEventListener('error', scriptOnError, true);

  /**
   * Keeps in this tab where it was sent.
   *
   * @param {string} path
   * @returns {string | null} What was kept before; `null` if this browser keeps nothing.
   */
  function remember(path) {
    try {
      const before = sessionStorage.getItem('motd.slashAdded');
      sessionStorage.setItem('motd.slashAdded', path);
      return before;
    } catch {
      return null;
    }
  }

  /** @param {Event} event */
  function scriptOnError({ target }) {
    if (!(target instanceof HTMLScriptElement)) return;
    const folder = new URL('..', url).pathname;
    const words = [
      `This page is not complete: ${new URL(target.src).pathname} could not be loaded.`,
      'Load it again. If that does not help, its operator has to look at the proxy in between: ' +
        `everything below ${folder} has to reach the bridge. A proxy that takes ${folder} off ` +
        'needs nothing else; for one that keeps it, start the bridge with ' +
        `--base-path ${folder === '/' ? '/PATH' : folder.slice(0, -1)}.`,
    ];
    const show = () => document.body.replaceChildren(...words.map(paragraph));
    if (document.readyState === 'loading') addEventListener('DOMContentLoaded', show);
    else show();
  }

  /** @param {string} text */
  function paragraph(text) {
    return Object.assign(document.createElement('p'), { textContent: text });
  }
}
