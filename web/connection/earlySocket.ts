// Opens the page's first WebSocket before the page's script has loaded. Inlined into index.html
// (web/page/boot.ts); createPage.ts takes the WebSocket over.

import { targetFromUrl } from '../page/pageTarget.ts';
import { BufferedSocket } from './bufferedSocket.ts';

declare global {
  interface Window {
    /** The page's first WebSocket, until the page takes it over. */
    earlySocket?: BufferedSocket | undefined;
  }
}

/** Opens the WebSocket of the page's target, if it has a valid one. */
export function openEarlySocket(): void {
  const target = targetFromUrl(new URL(location.href));
  if (target !== undefined) window.earlySocket = new BufferedSocket(target.url);
}

/** @returns The WebSocket, once; `undefined` if there is none. */
export function takeEarlySocket(): BufferedSocket | undefined {
  const socket = window.earlySocket;
  window.earlySocket = undefined;
  return socket;
}
