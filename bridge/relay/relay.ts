// Relays bytes between a browser's WebSocket and a TCP connection to a target, in both directions
// and unchanged. It knows no protocol above TCP; telnetRelay.ts adds Telnet for a target that is
// marked +telnet. "Browser" means the client of the WebSocket, which may also be another program.
//
//               toTarget.ts: messages, turns, backpressure
//             ┌────────────────────────────────────────────→┐
//     browser │                                             │ target
//             └←────────────────────────────────────────────┘
//               toBrowser.ts: frames, backpressure
//
// closing.ts ends both. This file puts the three together: it listens to what ends a connection, and
// gives it a close code and a reason.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Metrics } from '../metrics.ts';
import type { Recorder } from '../recording/recorder.ts';
import { CLOSE, type CloseCode, protocolErrorCode } from './closeCodes.ts';
import { Closing } from './closing.ts';
import { connectTarget, type TargetSocket } from './connectTarget.ts';
import { describeFailure, targetFailure } from './describeFailure.ts';
import type { ProxiedClient } from './proxiedClient.ts';
import type { RoundRobin } from './roundRobin.ts';
import type { SessionStatus } from './sessionPolicy.pure.ts';
import type { TargetCas } from './targetCas.ts';
import { type ReportTargetOutcome, TargetOutcome } from './targetOutcome.ts';
import type { Target } from './targets.ts';
import { TelnetRelay } from './telnetRelay.ts';
import { type ReadInto, ToBrowser } from './toBrowser.ts';
import { ToTarget } from './toTarget.ts';

/**
 * How long a browser that broke a rule may take to read the close frame. Its connection is reset
 * after that, because bytes it sent were left unread.
 */
const CLOSE_LINGER_MS = 1000;

const NOTHING = Buffer.alloc(0);

const CONNECTED = JSON.stringify({ connected: true });

/** A WebSocket that has just been opened, and its TCP connection. */
export interface BrowserConnection extends ProxiedClient {
  webSocket: WebSocket;
  socket: Socket;
  /** Whether the browser asked for text frames of the bridge itself (PROTOCOL.md, "Notices"). */
  wantsNotices?: boolean;
}

export interface RelayContext {
  connectTimeoutMs: number;
  targetCas: TargetCas;
  metrics: Metrics;
  roundRobin: RoundRobin;
  onTargetOutcome?: ReportTargetOutcome | undefined;
  /** Without one, sessions are not recorded. */
  recorder?: Recorder | undefined;
}

export class Relay {
  readonly #webSocket: WebSocket;
  readonly #browserSocket: Socket;
  readonly #target: Target;
  readonly #targetSocket: TargetSocket;
  readonly #wantsNotices: boolean;
  readonly #metrics: Metrics;
  readonly #outcome: TargetOutcome;
  readonly #toBrowser: ToBrowser;
  readonly #toTarget: ToTarget;
  readonly #closing: Closing;

  /**
   * Connects a browser to a target, and relays until either side ends. Never throws: every failure
   * closes the WebSocket with a code and a reason (closeCodes.ts).
   *
   * @param onEnd Called once, when both connections are closed.
   */
  constructor(
    browser: BrowserConnection,
    target: Target,
    context: RelayContext,
    onEnd: () => void,
  ) {
    const { webSocket, socket: browserSocket } = browser;
    const { metrics, roundRobin, onTargetOutcome, recorder } = context;
    const counters = metrics.countersOf(target.name);
    const telnet = target.isTelnet
      ? new TelnetRelay({
          webSocket,
          wantsNotices: browser.wantsNotices ?? false,
          answer: (bytes) => this.#toTarget.writeDirectly(bytes),
        })
      : undefined;
    const recording = recorder?.start(target.name);
    this.#toBrowser = new ToBrowser({
      webSocket,
      browserSocket,
      counters,
      connect: connectFor(browser, target, context, (onread) => {
        const recorded = recording?.tap(onread) ?? onread;
        return telnet?.readText(recorded) ?? recorded;
      }),
      relay: this,
    });
    const { targetSocket } = this.#toBrowser;
    this.#toTarget = new ToTarget({
      webSocket,
      targetSocket,
      counters,
      roundRobin,
      relay: this,
      encode: telnet?.encode,
      readOnlyName: target.isReadOnly ? target.name : undefined,
    });
    this.#closing = new Closing({
      webSocket,
      targetSocket,
      metrics,
      toTarget: this.#toTarget,
      onEnd: () => {
        if (recording !== undefined) recorder?.end(recording);
        onEnd();
      },
    });
    this.#webSocket = webSocket;
    this.#browserSocket = browserSocket;
    this.#target = target;
    this.#targetSocket = targetSocket;
    this.#metrics = metrics;
    this.#outcome = new TargetOutcome(target, onTargetOutcome);
    this.#wantsNotices = browser.wantsNotices ?? false;
    this.#listen();
  }

  #listen(): void {
    this.#webSocket.on('error', (error) => this.#webSocketOnError(error));
    this.#webSocket.on('close', (code) => this.#closing.browserClosed(code));
    this.#targetSocket.once('connect', () => this.#targetSocketOnConnect());
    this.#targetSocket.on('end', () => this.#targetSocketOnEnd());
    this.#targetSocket.on('error', (error) => this.#targetSocketOnError(error));
    this.#targetSocket.on('close', () => this.#targetSocketOnClose());
  }

  get status(): SessionStatus {
    return {
      activity: this.#browserSocket.bytesRead + this.#toTarget.resumes + this.#toBrowser.resumes,
      relayedBytes: this.#toTarget.relayedBytes + this.#toBrowser.relayedBytes,
      messages: this.#toTarget.messages,
      isReadPaused: this.#toTarget.isReadPaused,
    };
  }

  /** Sends a ping, which a responsive browser answers with a pong. */
  ping(): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
  }

  /**
   * Sends a close frame after the frames sent so far. Until the browser sends its own, its messages
   * are still relayed. ws waits for that close frame, up to its close timeout.
   */
  close(code: CloseCode, reason: string): void {
    this.#closing.sendClose(code, reason);
    // ws cannot read the browser's close frame from a paused WebSocket.
    this.#toTarget.resume();
  }

  /** Sends a close frame, and stops reading. Use it when the browser broke a rule. */
  closeAndStopReading(code: CloseCode, reason: string): void {
    this.#toTarget.stopReading();
    this.#closing.sendClose(code, reason);
    // The browser's close frame is not read either, so only a timer can end this.
    setTimeout(() => this.#webSocket.terminate(), CLOSE_LINGER_MS).unref();
  }

  /**
   * Like `close`, while the bridge stops. Also closes the target's connection once the target has
   * received everything, and is quiet.
   */
  stop(code: CloseCode, reason: string): void {
    this.#closing.stop(code, reason);
    this.#toTarget.resume();
  }

  /**
   * Destroys the connection of a browser that no longer responds. The target gets the remaining
   * bytes, then the end of the stream.
   */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Destroys both connections. */
  destroy(): void {
    this.#webSocket.terminate();
    this.#targetSocket.destroy();
  }

  /** A protocol error: ws has sent the close frame for it, and reads nothing more. */
  #webSocketOnError(error: NodeJS.ErrnoException): void {
    const code = protocolErrorCode(error);
    if (code !== undefined) this.#closing.closeSent(code);
  }

  #targetSocketOnConnect(): void {
    this.#outcome.connected();
    // The upgrade was accepted before the target was reached.
    const isOpen = this.#webSocket.readyState === this.#webSocket.OPEN;
    if (this.#wantsNotices && isOpen) this.#webSocket.send(CONNECTED);
  }

  // libuv reports a reset that directly follows the last bytes as an end (uv__stream_io). A write,
  // even an empty one, fails after a reset, which distinguishes the two. A Unix socket is never
  // reset in this way.
  #targetSocketOnEnd(): void {
    const onEndConfirmed = () => {
      this.#outcome.ended();
      this.#toBrowser.finish(CLOSE.done, `${this.#target.name} closed the connection`);
    };
    // After we called end(), a write fails and would discard data in transit. While data is unsent,
    // an empty write would only queue behind it.
    const canProbe = this.#targetSocket.writable && this.#targetSocket.writableLength === 0;
    if (!canProbe || 'path' in this.#target.address) onEndConfirmed();
    else this.#targetSocket.write(NOTHING, (error) => !error && onEndConfirmed());
  }

  #targetSocketOnError(error: NodeJS.ErrnoException): void {
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) return;
    const failure = targetFailure(error);
    this.#metrics.recordTargetFailure(this.#target.name, failure);
    this.#outcome.failed(error);
    this.#toBrowser.finish(CLOSE.badGateway, describeFailure(failure, this.#target));
  }

  #targetSocketOnClose(): void {
    this.#outcome.closed();
    this.#closing.targetClosed();
  }
}

/**
 * How to connect a browser to its target. Closures of the constructor would keep `browser`, and with
 * it the HTTP request, as long as the session.
 */
function connectFor(
  client: ProxiedClient,
  target: Target,
  { connectTimeoutMs, targetCas }: RelayContext,
  decode: (onread: ReadInto) => ReadInto,
): (onread: ReadInto) => TargetSocket {
  return (onread) =>
    connectTarget(target, { connectTimeoutMs, targetCas, client, onread: decode(onread) });
}
