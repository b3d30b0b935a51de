// The way to the server: a WebSocket to the bridge that served this page.

import { closeReason } from './closeReason.ts';

export interface ConnectionEvents {
  opened(): void;
  /** Text from the server, cut anywhere. */
  received(text: string): void;
  /** It is gone, or never came to be; nothing follows. */
  closed(reason: string): void;
}

export class Connection {
  readonly #webSocket: WebSocket;

  /** Begins to connect; the events tell how that went. */
  constructor(events: ConnectionEvents) {
    const decoder = new TextDecoder();
    let wasOpen = false;
    this.#webSocket = new WebSocket(bridgeUrl());
    this.#webSocket.binaryType = 'arraybuffer';
    this.#webSocket.addEventListener('open', () => {
      wasOpen = true;
      events.opened();
    });
    this.#webSocket.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      events.received(decoder.decode(data, { stream: true }));
    });
    this.#webSocket.addEventListener('close', ({ code, reason }) => {
      events.closed(closeReason(code, reason, wasOpen));
    });
  }

  send(text: string): void {
    this.#webSocket.send(text);
  }
}

/** `/ws` beside this page, wherever a reverse proxy has put the two. */
function bridgeUrl(): URL {
  const url = new URL('ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  url.search = '';
  url.hash = '';
  return url;
}
