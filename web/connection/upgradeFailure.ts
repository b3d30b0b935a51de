// Why the bridge refused a WebSocket. A browser tells a page nothing of one that never opened. To an
// OPTIONS request for the same address, the bridge answers with the same status; a GET would carry no
// `Origin`, which the bridge may have refused.

/** A bridge that is not there is no reason to wait. */
const PATIENCE_MS = 3_000;

export const BRIDGE_UNREACHABLE = 'the bridge cannot be reached';

/**
 * 426 answers a request that asks for no upgrade: now the bridge would accept one, unless a proxy in
 * between lets none through.
 */
export const WOULD_UPGRADE = 'the connection to the bridge was lost, or a proxy blocks WebSockets';

// PROTOCOL.md, "Before the upgrade".
const WORDS: Readonly<Record<number, string>> = {
  403: 'a proxy in front of the bridge refused the connection (403)',
  401: 'the bridge requires a user name and a password; reload the page',
  404: 'the bridge has no target of this name',
  426: WOULD_UPGRADE,
  429: 'the bridge refused this page: too many wrong passwords',
  502: 'the proxy in front of the bridge cannot reach it',
  503: 'the bridge is full: try again later',
};

/**
 * Asks the bridge.
 *
 * @param url Of the WebSocket.
 * @returns The reason in words.
 */
export async function explainUpgradeFailure(url: URL): Promise<string> {
  const address = new URL(url);
  address.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  try {
    const { status, words } = await ask(address);
    if (status === 403 && isOfBridge(words)) return foreignOrigin(address.origin);
    if (isElsewhere(address, status)) return notPassedOn(address);
    return WORDS[status] ?? `the bridge refused the connection (${status})`;
  } catch {
    return BRIDGE_UNREACHABLE;
  }
}

interface ProbeResponse {
  status: number;
  words: string;
}

async function ask(address: URL): Promise<ProbeResponse> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  const answer = async (method: string): Promise<ProbeResponse> => {
    const response = await fetch(address, { method, signal });
    return { status: response.status, words: await response.text() };
  };
  const options = await answer('OPTIONS');
  // A proxy may answer that one itself.
  return isElsewhere(address, options.status) ? answer('GET') : options;
}

/** Whether a refusal is the bridge's own, and not of a proxy in between. */
function isOfBridge(words: string): boolean {
  return words.startsWith('Rejected: the origin ');
}

function foreignOrigin(origin: string): string {
  return `the bridge refuses pages from ${origin}: restart it with --public-origin ${origin}`;
}

/** Whether the bridge cannot have answered so: its default target is always there. */
function isElsewhere({ pathname }: URL, status: number): boolean {
  const isNotFound = status === 404 && pathname.endsWith('/ws');
  return isNotFound || status < 400 || status === 405;
}

function notPassedOn({ pathname }: URL): string {
  return (
    `${pathname} does not reach the bridge: its operator must configure the proxy to forward this ` +
    'path, too (with --base-path on the bridge, if the proxy keeps the prefix)'
  );
}
