// Reads the target to connect to from the page's URL.
//
//   /                 the bridge's default target, a message server
//   /?target=NAME     the target of that name, line by line
//   …as=lines         the target line by line
//   …as=motd          the target as a message server
//   …as=original      the target as an original server
//
// The bridge redirects to `as=lines` and `as=original` (bridge/http/targetPage.ts).
//
// Anyone can publish a link to this page with any name in it. The name must never look like a text
// of the page itself: it is shown in quotation marks, and only if it is valid.

/** The same rule as NAME in bridge/relay/targets.ts: no other name can exist. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export interface PageTarget {
  /** The bridge's name for it; `undefined` for the default target. */
  name: string | undefined;
  /**
   * What it is: `motd`, a message server, with a live message and a history; `original`, a server
   * that has neither, and sends no line ends; anything else, a service to use line by line.
   */
  as: string;
  /** The URL of its WebSocket, which asks for the bridge's notices (PROTOCOL.md, "Notices"). */
  url: URL;
}

/**
 * Reads the target.
 *
 * @param page The page's own URL.
 * @returns The target; `undefined` if the URL has an invalid name.
 */
export function targetFromUrl(page: URL): PageTarget | undefined {
  const name = page.searchParams.get('target') || undefined;
  if (name !== undefined && !NAME.test(name)) return undefined;
  const as = page.searchParams.get('as') || (name === undefined ? 'motd' : 'lines');
  return { name, as, url: bridgeUrl(page, name) };
}

/**
 * The page's heading, and the title of its tab.
 *
 * @param title The bridge's; it names the target, too.
 */
export function pageTitle({ name }: PageTarget, title?: string): string {
  if (title !== undefined) return title;
  return name === undefined ? 'Message of the day' : `Target “${name}”`;
}

/** `ws` beside this page, under whatever path a reverse proxy serves it. */
function bridgeUrl(page: URL, name: string | undefined): URL {
  const path = name === undefined ? 'ws' : `ws/${name}`;
  const url = new URL(`${path}?notices`, page);
  url.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
