// What a browser has and Node 20 has not, so that a link can be tried against a real WebSocket
// server.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { type ConnectionState, ReconnectingSocket } from './reconnectingSocket.ts';

/** In a browser a failed WebSocket that nobody listens to is no error. */
class BrowserWebSocket extends WebSocket {
  constructor(url: string | URL) {
    super(url);
    this.on('error', () => {});
  }
}

/** Stands in for the page around a link. */
export class PageStandIn {
  readonly window = new EventTarget();
  readonly document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  readonly navigator = { onLine: true };

  constructor() {
    vi.stubGlobal('WebSocket', BrowserWebSocket);
    vi.stubGlobal('addEventListener', this.window.addEventListener.bind(this.window));
    vi.stubGlobal('document', this.document);
    vi.stubGlobal('navigator', this.navigator);
    onTestFinished(() => {
      vi.unstubAllGlobals();
      vi.restoreAllMocks();
    });
  }

  says(event: 'online' | 'pageshow' | 'pagehide'): void {
    this.window.dispatchEvent(new Event(event));
  }

  isShown(): void {
    this.document.dispatchEvent(new Event('visibilitychange'));
  }
}

/**
 * A WebSocket server of its own for a test; it may be stopped, and started again at the same port.
 */
export class Bridge {
  port = 0;
  /** How many browsers came. */
  count = 0;
  onBrowser: (browser: WebSocket) => void = () => {};
  #server: WebSocketServer | undefined;

  static async start(onBrowser: (browser: WebSocket) => void = () => {}): Promise<Bridge> {
    const bridge = new Bridge();
    bridge.onBrowser = onBrowser;
    await bridge.start();
    onTestFinished(() => bridge.stop());
    return bridge;
  }

  get url(): URL {
    return new URL(`ws://127.0.0.1:${this.port}/ws`);
  }

  async start(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.port });
    this.#server = server;
    server.on('connection', (browser) => {
      this.count++;
      this.onBrowser(browser);
    });
    await once(server, 'listening');
    this.port = portOf(server);
  }

  /** Breaks every connection off, and listens no more. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const browser of server.clients) browser.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

/** A link whose events are written down, in order. */
export class SocketUnderTest {
  /** `opened`, `received TEXT`, `closed REASON`, and each state by its name. */
  readonly log: string[] = [];
  readonly states: ConnectionState[] = [];
  readonly link: ReconnectingSocket;

  constructor(url: URL) {
    this.link = new ReconnectingSocket(url, {
      opened: () => this.log.push('opened'),
      received: (text) => this.log.push(`received ${text}`),
      closed: (reason) => this.log.push(`closed ${reason}`),
      stateChanged: (state) => {
        this.states.push(state);
        this.log.push(state.is);
      },
    });
    onTestFinished(() => this.link.close());
  }

  /** Settles once this many entries of the log are this one. */
  async says(entry: string, times = 1): Promise<void> {
    await vi.waitUntil(() => this.log.filter((logged) => logged === entry).length >= times, {
      timeout: 10_000,
      interval: 5,
    });
  }
}
