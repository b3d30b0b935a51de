// Determines why the bridge rejected a WebSocket. Browsers hide the status of the handshake from
// scripts. The bridge answers an OPTIONS request to the same URL with the same status. A GET does
// not work, because it carries no `Origin`, which may be the reason.
//
// A proxy with single sign-on answers in place of the bridge when a login has expired: with a
// redirect, which is not followed, with a login page, or with 401. A proxy that only lacks a rule
// for the WebSocket may do the same, but still serves the page.

import { UNKNOWN_TARGET } from './connectionState.pure.ts';

/** A bridge that does not answer within this time is reported as unreachable. */
const TIMEOUT_MS = 3_000;

export const BRIDGE_UNREACHABLE = 'the bridge cannot be reached';

/**
 * The reason for status 426, "no upgrade was requested": now the bridge would accept one, unless a
 * proxy blocks it.
 */
export const WOULD_UPGRADE = 'the connection to the bridge was lost, or a proxy blocks WebSockets';

export const LOGIN_EXPIRED = 'your login has expired';

// PROTOCOL.md, "Before the upgrade".
const DESCRIPTIONS: Readonly<Record<number, string>> = {
  403: 'a proxy in front of the bridge rejected the connection (403)',
  401: 'the bridge requires a user name and a password; reload the page',
  404: UNKNOWN_TARGET,
  426: WOULD_UPGRADE,
  429: 'the bridge rejected this page: too many wrong passwords',
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
 * @param url The URL of the WebSocket.
 * @returns The reason, for the user.
 */
export async function explainUpgradeFailure(url: URL): Promise<string> {
  const httpUrl = new URL(url);
  httpUrl.protocol = url.protocol === 'wss:' ? 'https:' : 'http:';
  try {
    const response = await probe(httpUrl);
    const { status, body } = response;
    if (status === 403 && isFromBridge(body)) return foreignOrigin(httpUrl.origin);
    if (isLogin(response) && isLogin(await request('GET', pageOf(httpUrl)))) return LOGIN_EXPIRED;
    if (isNotBridge(httpUrl, status)) return notForwarded(httpUrl);
    return DESCRIPTIONS[status] ?? `the bridge rejected the connection (${status})`;
  } catch {
    return BRIDGE_UNREACHABLE;
  }
}

async function probe(httpUrl: URL): Promise<ProbeResponse> {
  const response = await request('OPTIONS', httpUrl);
  // Some proxies answer OPTIONS themselves.
  return isNotBridge(httpUrl, response.status) ? request('GET', httpUrl) : response;
}

/** @returns The response; in browsers, the status of a redirect is 0. */
async function request(method: string, url: URL): Promise<ProbeResponse> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(url, { method, signal, redirect: 'manual' });
  return { status: response.status, body: await response.text() };
}

/** The page that the WebSocket belongs to, at `/ws` or `/ws/NAME` beside it. */
function pageOf(httpUrl: URL): URL {
  return new URL(httpUrl.pathname.replace(/ws(\/[^/]*)?$/, ''), httpUrl);
}

/** Whether a response asks to log in at a proxy: a redirect, 401, or a page that is not this one. */
function isLogin({ status, body }: ProbeResponse): boolean {
  if (status === 200 || status === 403) return /<form|<script/i.test(body) && !isThisPage(body);
  return status < 200 || (status >= 300 && status < 400) || (status === 401 && !isFromBridge(body));
}

function isThisPage(body: string): boolean {
  return body.includes('id="terminal"');
}

/** Whether the bridge itself rejected the request, and not a proxy. */
function isFromBridge(body: string): boolean {
  return body.startsWith('Rejected: ');
}

function foreignOrigin(origin: string): string {
  return `the bridge rejects pages from ${origin}: restart it with --public-origin ${origin}`;
}

/** Whether this status cannot come from the bridge, whose default target always exists. */
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
