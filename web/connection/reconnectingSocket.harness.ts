// Provides the browser's globals that Node 20 lacks, so that tests connect to a real WebSocket
// server.

import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { BufferedSocket } from './bufferedSocket.ts';
import { CONNECTED } from './connectionAttempt.ts';
import type { ConnectionEvents, ConnectionState } from './connectionState.pure.ts';
import { ReconnectingSocket } from './reconnectingSocket.ts';

export const REFUSED = 'motd refused the connection: is it running? (1014)';

/** In a browser, an error of a WebSocket without a listener does not throw. */
class BrowserWebSocket extends WebSocket {
  constructor(url: string | URL) {
    super(url);
    this.on('error', () => {});
  }
}

/**
 * An event target whose AbortSignals remove listeners, as in a browser. Node's keeps only a weak
 * reference from a signal to all listeners of a target but the last (weakListenersMap in
 * lib/internal/event_target.js), so that after a garbage collection the others remain.
 */
class BrowserEventTarget extends EventTarget {
  override addEventListener(
    type: string,
    listener: EventListener,
    { signal }: { signal: AbortSignal },
  ): void {
    super.addEventListener(type, listener);
    signal.addEventListener('abort', () => this.removeEventListener(type, listener));
  }
}

/** Replaces the browser's globals. */
export class FakeBrowser {
  readonly window = new BrowserEventTarget();
  readonly document = Object.assign(new BrowserEventTarget(), { visibilityState: 'visible' });
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

  dispatch(event: 'online' | 'offline' | 'pageshow' | 'pagehide' | 'focus'): void {
    this.window.dispatchEvent(new Event(event));
  }

  showTab(): void {
    this.document.dispatchEvent(new Event('visibilitychange'));
  }
}

/** The close code, and the reason, if a target cannot be reached. */
const REFUSED_CLOSE = [1014, 'motd refused the connection: is it running?'] as const;

/** A WebSocket server that can be stopped, and started again on the same port. */
export class TestBridge {
  port = 0;
  connectionCount = 0;
  /** How many of the next connections the target refuses. */
  refusals = 0;
  /** Called for a connection that reaches the target. */
  onConnection: (browser: WebSocket) => void = () => {};
  onRequest: (request: IncomingMessage) => void = () => {};
  #server: WebSocketServer | undefined;

  static async start(
    onConnection: (browser: WebSocket) => void = () => {},
    refusals = 0,
  ): Promise<TestBridge> {
    const bridge = new TestBridge();
    bridge.onConnection = onConnection;
    bridge.refusals = refusals;
    await bridge.start();
    onTestFinished(() => bridge.stop());
    return bridge;
  }

  get url(): URL {
    return new URL(`ws://127.0.0.1:${this.port}/ws/motd`);
  }

  async start(): Promise<void> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: this.port });
    this.#server = server;
    server.on('connection', (browser, request) => {
      this.connectionCount++;
      this.onRequest(request);
      if (this.refusals-- > 0) return browser.close(...REFUSED_CLOSE);
      browser.send(CONNECTED);
      this.onConnection(browser);
    });
    await once(server, 'listening');
    this.port = listeningPort(server);
  }

  /** Stops listening, and terminates every connection. */
  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    for (const browser of server.clients) browser.terminate();
    await new Promise((resolve) => server.close(resolve));
  }
}

export function listeningPort(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  return address.port;
}

/** A socket that logs its events, in order. */
export class SocketUnderTest {
  /** `opened`, `received TEXT`, `closed REASON`, and the name of each state. */
  readonly log: string[] = [];
  readonly states: ConnectionState[] = [];
  readonly socket: ReconnectingSocket;

  constructor(url: URL, early?: BufferedSocket) {
    const events: ConnectionEvents = {
      opened: () => this.log.push('opened'),
      received: (text) => this.log.push(`received ${text}`),
      closed: (reason) => this.log.push(`closed ${reason}`),
      stateChanged: (state) => {
        this.states.push(state);
        this.log.push(state.is);
      },
    };
    this.socket = new ReconnectingSocket(url, events, early);
    onTestFinished(() => this.socket.close());
  }

  /** Resolves once the log contains `entry` at least `times` times. */
  async waitFor(entry: string, times = 1): Promise<void> {
    await vi.waitUntil(() => this.log.filter((logged) => logged === entry).length >= times, {
      timeout: 10_000,
      interval: 5,
    });
  }
}

export function echo(browser: WebSocket): void {
  browser.on('message', (data) => browser.send(Buffer.from(String(data))));
}

/** When the next attempt is due; now, if one is under way. */
export function nextAttemptMs({ state }: ReconnectingSocket): number {
  return state.is === 'waiting' ? state.nextAtMs : performance.now();
}

export function connectTo(bridge: TestBridge) {
  const tested = new SocketUnderTest(bridge.url);
  return {
    socket: tested.socket,
    log: tested.log,
    states: tested.states,
    waitFor: (entry: string, times?: number) => tested.waitFor(entry, times),
  };
}
