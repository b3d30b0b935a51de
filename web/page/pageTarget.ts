// Reads the target to connect to from the page's URL.
//
//   /                        the bridge's default target, a message server
//   /?target=NAME            the target of that name, line by line
//   /?target=NAME&as=motd    the target of that name, a message server
//
// Anyone can publish a link to this page with any name in it. The name must never look like a text
// of the page itself: it is shown in quotation marks, and only if it is valid.

/** The same rule as TARGET in bridge/relay/targets.ts: no other name can exist. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export interface PageTarget {
  /** The bridge's name for it; `undefined` for the default target. */
  name: string | undefined;
  /** Whether to hold the message server's dialogue, and show the live message and the history. */
  isMessageServer: boolean;
  /** The URL of its WebSocket. */
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
  const isMessageServer = name === undefined || page.searchParams.get('as') === 'motd';
  return { name, isMessageServer, url: bridgeUrl(page, name) };
}

/** The page's heading, and the title of its tab. */
export function pageTitle({ name }: PageTarget): string {
  return name === undefined ? 'Message of the day' : `Target “${name}”`;
}

/** `ws` beside this page, under whatever path a reverse proxy serves it. */
function bridgeUrl(page: URL, name: string | undefined): URL {
  const path = name === undefined ? 'ws' : `ws/${name}`;
  const url = new URL(path, page);
  url.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
