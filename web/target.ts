// Whom the page talks to, as its address says.
//
//   /                        the bridge's first target, as to the message server
//   /?target=NAME            the target of that name, line by line
//   /?target=NAME&as=motd    the target of that name, as to a message server

export interface Target {
  /** As the bridge knows it; `undefined` for the first one. */
  name: string | undefined;
  /** Whether the message server's dialogue is held, with the live message and the history. */
  isMessageServer: boolean;
  /** Where the bridge reaches it. */
  url: URL;
}

/** @param page The page's own address. */
export function targetOf(page: URL): Target {
  const name = page.searchParams.get('target') || undefined;
  const isMessageServer = name === undefined || page.searchParams.get('as') === 'motd';
  return { name, isMessageServer, url: bridgeUrl(page, name) };
}

/** `ws` beside this page, wherever a reverse proxy has put the two. */
function bridgeUrl(page: URL, name: string | undefined): URL {
  const path = name === undefined ? 'ws' : `ws/${encodeURIComponent(name)}`;
  const url = new URL(path, page);
  url.protocol = page.protocol === 'https:' ? 'wss:' : 'ws:';
  return url;
}
