// Finds out why the bridge rejected a WebSocket. Browsers do not tell a page: the handshake's
// status is hidden from scripts. The bridge answers an OPTIONS request to the same address with the
// same status. A GET would not do, because it carries no `Origin`, which may be the reason.

/** A bridge that does not answer is reported as unreachable. */
const TIMEOUT_MS = 3_000;

export const BRIDGE_UNREACHABLE = 'the bridge cannot be reached';

/**
 * The reason for status 426, "no upgrade was requested": now the bridge would accept one, unless a
 * proxy blocks it.
 */
export const WOULD_UPGRADE = 'the connection to the bridge was lost, or a proxy blocks WebSockets';

// PROTOCOL.md, "Before the upgrade".
const DESCRIPTIONS: Readonly<Record<number, string>> = {
  403: 'a proxy in front of the bridge refused the connection (403)',
  401: 'the bridge requires a user name and a password; reload the page',
  404: 'the bridge has no target of this name',
  426: WOULD_UPGRADE,
  429: 'the bridge refused this page: too many wrong passwords',
  502: 'the proxy in front of the bridge cannot reach it',
  503: 'the bridge is full: try again later',
};

interface ProbeResponse {
  status: number;
  body: string;
}

/**
 * Asks the bridge why it rejected an upgrade.
 *
 * @param url The address of the WebSocket.
 * @returns The reason, for the user.
 */
export async function explainUpgradeFailure(url: URL): Promise<string> {
  const address = new URL(url);
  address.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  try {
    const { status, body } = await probe(address);
    if (status === 403 && isFromBridge(body)) return foreignOrigin(address.origin);
    if (isNotBridge(address, status)) return notForwarded(address);
    return DESCRIPTIONS[status] ?? `the bridge refused the connection (${status})`;
  } catch {
    return BRIDGE_UNREACHABLE;
  }
}

async function probe(address: URL): Promise<ProbeResponse> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const request = async (method: string): Promise<ProbeResponse> => {
    const response = await fetch(address, { method, signal });
    return { status: response.status, body: await response.text() };
  };
  const response = await request('OPTIONS');
  // Some proxies answer OPTIONS themselves.
  return isNotBridge(address, response.status) ? request('GET') : response;
}

/** Whether the bridge itself sent this 403, and not a proxy. */
function isFromBridge(body: string): boolean {
  return body.startsWith('Rejected: the origin ');
}

function foreignOrigin(origin: string): string {
  return `the bridge refuses pages from ${origin}: restart it with --public-origin ${origin}`;
}

/** Whether the bridge never answers so: its default target always exists. */
function isNotBridge({ pathname }: URL, status: number): boolean {
  const isDefaultMissing = status === 404 && pathname.endsWith('/ws');
  return isDefaultMissing || status < 400 || status === 405;
}

function notForwarded({ pathname }: URL): string {
  return (
    `${pathname} does not reach the bridge: its operator must configure the proxy to forward this ` +
    'path, too (with --base-path on the bridge, if the proxy keeps the prefix)'
  );
}
