// Whom the page talks to, as its address says.
//
//   /                        the bridge's first target, as to the message server
//   /?target=NAME            the target of that name, line by line
//   /?target=NAME&as=motd    the target of that name, as to a message server

// Anybody can write a link to this page. Its words must not stand on the page as the page's own: a
// name is shown in quotation marks, and only if it has the form that the bridge gives its names.

/** The rule is bridge/relay/targets.ts's, TARGET: no target of another name can exist. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;

export interface PageTarget {
  /** As the bridge knows it; `undefined` for the first one. */
  name: string | undefined;
  /** Whether the message server's dialogue is held, with the live message and the history. */
  isMessageServer: boolean;
  /** Where the bridge reaches it. */
  url: URL;
}

/**
 * Reads the target from an address.
 *
 * @param page The page's own address.
 * @returns The target; `undefined` if the address names one that cannot exist.
 */
export function targetFromUrl(page: URL): PageTarget | undefined {
  const name = page.searchParams.get('target') || undefined;
  if (name !== undefined && !NAME.test(name)) return undefined;
  const isMessageServer = name === undefined || page.searchParams.get('as') === 'motd';
  return { name, isMessageServer, url: bridgeUrl(page, name) };
}

/** The page's heading, and the title of its tab. */
export function pageTitle({ name }: PageTarget): string {
  return name === undefined ? 'Message of the day' : `PageTarget “${name}”`;
}

/** `ws` beside this page, wherever a reverse proxy has put the two. */
function bridgeUrl(page: URL, name: string | undefined): URL {
  const path = name === undefined ? 'ws' : `ws/${name}`;
  const url = new URL(path, page);
  url.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
