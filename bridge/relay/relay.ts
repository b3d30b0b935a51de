// Relays bytes between a browser's WebSocket and a TCP connection to a target, in both directions
// and unchanged. It knows no protocol above TCP. "Browser" means the client of the WebSocket, which
// may also be another program.
//
// Backpressure: while one side does not accept data, the relay does not read from the other side.
// Only what was already read is buffered here: one chunk for the browser (readBuffer.ts); for the
// target, the messages of one read. The kernel's socket buffers keep the throughput up.
//
// Batching: a paused WebSocket still emits every message of the read it is in. The relay collects
// them in #pending, and writes them to the target at the end of that read, in one write.
//
// Closing: each side gets all that the other sent before it ended.
// - The target ends its stream: the browser gets the remaining bytes, then close code 1000.
// - The connection to the target fails: the same, with close code 1014 and the cause.
// - The browser's WebSocket closes: the target gets the remaining bytes, then the end of the
//   stream. It may continue to send, for DRAIN_DEADLINE_MS at most; those bytes are read and
//   discarded.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { connectFailure } from '../../access/systemErrors.ts';
import type { Metrics, TargetCounters } from '../metrics.ts';
import { CLOSE, type CloseCode, protocolErrorCode } from './closeCodes.ts';
import { connectTarget } from './connectTarget.ts';
import { describeFailure } from './describeFailure.ts';
import { ForgedHeaderDetector } from './forgedHeaderDetector.ts';
import { type ConnectionEndpoints, proxyPreamble } from './formatProxyHeader.ts';
import { ReadBuffer } from './readBuffer.ts';
import type { RoundRobin } from './roundRobin.ts';
import type { SessionStatus } from './sessionPolicy.ts';
import type { Target } from './targets.ts';

/** How long a target may continue to send after the browser has disconnected. */
const DRAIN_DEADLINE_MS = 30_000;

/**
 * When the bridge stops, it closes the connection to a target that has received everything, once
 * that target has sent nothing for this time.
 */
const QUIET_MS = 500;

/**
 * How long a browser that broke a rule may take to read the close frame. Its connection is reset
 * after that, because bytes it sent were left unread.
 */
const CLOSE_LINGER_MS = 1000;

/** A session that receives more messages in one read waits for its turn (roundRobin.ts). */
const MAX_MESSAGES_PER_TURN = 256;

const NOTHING = Buffer.alloc(0);

/** A WebSocket that has just been opened, and its TCP connection. */
export interface BrowserConnection {
  webSocket: WebSocket;
  socket: Socket;
  /** The endpoints of the client's connection, for the PROXY header. */
  endpoints: () => ConnectionEndpoints;
}

export interface RelayContext {
  connectTimeoutMs: number;
  metrics: Metrics;
  roundRobin: RoundRobin;
}

export class Relay {
  readonly #webSocket: WebSocket;
  readonly #browserSocket: Socket;
  readonly #target: Target;
  readonly #targetSocket: Socket;
  readonly #readBuffer = new ReadBuffer();
  readonly #metrics: Metrics;
  readonly #counters: TargetCounters;
  readonly #roundRobin: RoundRobin;
  readonly #onEnd: () => void;
  /** Messages from the browser that are not yet written to the target. */
  readonly #pending: Buffer[] = [];
  readonly #forgedHeaderDetector = new ForgedHeaderDetector();
  #messages = 0;
  #messagesInRead = 0;
  #isAwaitingTurn = false;
  /** The browser broke a rule: nothing more is read from it. */
  #isReadingStopped = false;
  #relayedBytes = 0;
  /** How many times reading was resumed, on either side. Counts as activity. */
  #resumes = 0;
  /** Frames written to the browser's socket whose callback has not been called yet. */
  #unsentFrames = 0;
  /** The close frame to send once every frame before it is sent. */
  #pendingClose: { code: CloseCode; reason: string } | undefined;
  /**
   * The code of the bridge's close frame. The browser's close frame may not arrive, or not be read.
   */
  #sentCloseCode: number | undefined;
  #isTargetSocketClosed = false;
  #isStopping = false;

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
    const { connectTimeoutMs, metrics, roundRobin } = context;
    this.#webSocket = browser.webSocket;
    this.#browserSocket = browser.socket;
    this.#target = target;
    this.#metrics = metrics;
    this.#counters = metrics.countersOf(target.name);
    this.#roundRobin = roundRobin;
    this.#onEnd = onEnd;
    this.#targetSocket = connectTarget(target, {
      connectTimeoutMs,
      onread: { buffer: this.#readBuffer.next, callback: this.#targetSocketOnRead },
    });
    this.#start(browser);
  }

  #start({ endpoints }: BrowserConnection): void {
    this.#webSocket.pause();
    // Written before the connection is established, so that no byte of the browser can precede it.
    const preamble = proxyPreamble(this.#target, endpoints);
    if (preamble !== '') this.#targetSocket.write(preamble, this.#flush);
    this.#webSocket.on('message', this.#webSocketOnMessage);
    this.#webSocket.on('ping', this.#webSocketOnFrame);
    this.#webSocket.on('pong', this.#webSocketOnFrame);
    this.#webSocket.on('error', (error) => this.#webSocketOnError(error));
    this.#webSocket.on('close', this.#webSocketOnClose);
    this.#targetSocket.on('connect', this.#flush);
    this.#targetSocket.on('end', () => this.#targetSocketOnEnd());
    this.#targetSocket.on('error', (error) => this.#targetSocketOnError(error));
    this.#targetSocket.on('close', () => this.#targetSocketOnClose());
  }

  get status(): SessionStatus {
    return {
      activity: this.#browserSocket.bytesRead + this.#resumes,
      relayedBytes: this.#relayedBytes,
      messages: this.#messages,
      isReadPaused: this.#webSocket.isPaused,
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
    this.#sendClose(code, reason);
    // ws cannot read the browser's close frame from a paused WebSocket.
    this.#resumeReading();
  }

  /** Sends a close frame, and stops reading. Use it when the browser broke a rule. */
  closeAndStopReading(code: CloseCode, reason: string): void {
    this.#isReadingStopped = true;
    this.#webSocket.pause();
    this.#sendClose(code, reason);
    // The browser's close frame is not read either, so only a timer can end this.
    setTimeout(() => this.#webSocket.terminate(), CLOSE_LINGER_MS).unref();
  }

  /**
   * Like `close`, while the bridge stops. Also closes the target's connection once the target has
   * received everything, and has sent nothing for QUIET_MS.
   */
  stop(code: CloseCode, reason: string): void {
    this.#isStopping = true;
    this.close(code, reason);
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#endTarget();
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

  #sendClose(code: CloseCode, reason: string): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#sentCloseCode = code;
    this.#webSocket.close(code, reason);
  }

  readonly #webSocketOnMessage = (data: Buffer): void => {
    this.#webSocketOnFrame();
    // A paused WebSocket still emits the remaining messages of a read.
    if (this.#isReadingStopped) return;
    if (this.#forgedHeaderDetector.detect(data)) {
      this.closeAndStopReading(CLOSE.ruleBroken, 'a client must not send a PROXY header');
      return;
    }
    this.#relayedBytes += data.length;
    this.#counters.bytesFromBrowsers += data.length;
    this.#pending.push(data);
  };

  /** A protocol error: ws has sent the close frame for it, and reads nothing more. */
  #webSocketOnError(error: NodeJS.ErrnoException): void {
    this.#sentCloseCode ??= protocolErrorCode(error);
  }

  readonly #webSocketOnFrame = (): void => {
    this.#messages++;
    this.#messagesInRead++;
    // The microtask runs after the last message of this read.
    if (this.#messagesInRead === 1) queueMicrotask(this.#endRead);
  };

  readonly #endRead = (): void => {
    const exceedsTurn = this.#messagesInRead > MAX_MESSAGES_PER_TURN;
    this.#messagesInRead = 0;
    if (exceedsTurn && !this.#isAwaitingTurn) {
      this.#isAwaitingTurn = true;
      this.#webSocket.pause();
      this.#roundRobin.enqueue(this.#takeTurn);
    }
    this.#flush();
  };

  readonly #takeTurn = (): void => {
    this.#isAwaitingTurn = false;
    this.#resumeReading();
  };

  /** Writes to the target if it accepts data, and reads from the browser only while it does. */
  readonly #flush = (): void => {
    if (!this.#isTargetBusy) this.#writePending();
    if (this.#isTargetBusy) this.#webSocket.pause();
    else this.#resumeReading();
  };

  #writePending(): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const bytes = this.#pending.length === 1 ? first : Buffer.concat(this.#pending);
    this.#pending.length = 0;
    // A connection that is closing accepts no more bytes: they are discarded.
    if (bytes.length > 0 && this.#targetSocket.writable)
      this.#targetSocket.write(bytes, this.#flush);
  }

  /** Whether the target has not accepted everything yet. */
  get #isTargetBusy(): boolean {
    return (
      this.#targetSocket.connecting ||
      (this.#targetSocket.writable && this.#targetSocket.writableLength > 0)
    );
  }

  /** Reads from the browser again, unless there is a reason not to. */
  #resumeReading(): void {
    if (!this.#webSocket.isPaused || this.#isReadingStopped || this.#isAwaitingTurn) return;
    if (this.#isTargetBusy) return;
    this.#resumes++;
    this.#webSocket.resume();
  }

  // Writes frames to the socket directly, bypassing ws: the read buffer has room for the frame
  // head. This is safe because ws, with compression off, writes each of its own frames in one
  // piece.
  readonly #targetSocketOnRead = (bytes: number): boolean => {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return true;
    this.#relayedBytes += bytes;
    this.#counters.bytesToBrowsers += bytes;
    this.#unsentFrames++;
    this.#browserSocket.write(this.#readBuffer.frame(bytes), this.#onFrameSent);
    const isBrowserBusy = this.#browserSocket.writableLength > 0;
    this.#readBuffer.prepare(bytes, isBrowserBusy);
    if (isBrowserBusy) this.#targetSocket.pause();
    return true;
  };

  readonly #onFrameSent = (): void => {
    this.#unsentFrames--;
    if (this.#unsentFrames > 0) return;
    if (this.#pendingClose !== undefined) {
      this.close(this.#pendingClose.code, this.#pendingClose.reason);
    } else if (this.#targetSocket.isPaused()) {
      this.#resumes++;
      this.#targetSocket.resume();
    }
  };

  /**
   * Sends a close frame once every frame before it is sent: the close timeout of ws begins at the
   * close frame, and must not run while a slow browser still receives data.
   */
  #closeOnceSent(code: CloseCode, reason: string): void {
    this.#pendingClose = { code, reason };
    if (this.#unsentFrames === 0) this.close(code, reason);
  }

  // libuv reports a reset that directly follows the last bytes as an end (uv__stream_io). A write,
  // even an empty one, fails after a reset, which distinguishes the two. A Unix socket is never
  // reset in this way.
  #targetSocketOnEnd(): void {
    const onEndConfirmed = () =>
      this.#closeOnceSent(CLOSE.done, `${this.#target.name} closed the connection`);
    // After we called end(), a write fails and would discard data in transit. While data is unsent,
    // an empty write would only queue behind it.
    const canProbe = this.#targetSocket.writable && this.#targetSocket.writableLength === 0;
    if (!canProbe || 'path' in this.#target.address) onEndConfirmed();
    else this.#targetSocket.write(NOTHING, (error) => !error && onEndConfirmed());
  }

  #targetSocketOnError(error: NodeJS.ErrnoException): void {
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) return;
    const failure = connectFailure(error);
    this.#metrics.recordTargetFailure(this.#target.name, failure);
    this.#closeOnceSent(CLOSE.badGateway, describeFailure(failure, this.#target));
  }

  #targetSocketOnClose(): void {
    this.#isTargetSocketClosed = true;
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#onEnd();
  }

  readonly #webSocketOnClose = (code: number): void => {
    this.#metrics.recordClose(this.#sentCloseCode ?? code);
    if (this.#isTargetSocketClosed) {
      this.#onEnd();
      return;
    }
    if (this.#targetSocket.connecting) {
      this.#targetSocket.destroy();
      return;
    }
    this.#writePending();
    this.#endTarget();
    const deadline = setTimeout(() => this.#targetSocket.destroy(), DRAIN_DEADLINE_MS).unref();
    this.#targetSocket.once('close', () => clearTimeout(deadline));
  };

  /** Ends the stream to the target, and discards what the target still sends. */
  #endTarget(): void {
    this.#targetSocket.end();
    this.#targetSocket.resume();
    if (!this.#isStopping) return;
    if (this.#targetSocket.writableFinished) this.#destroyWhenQuiet();
    else this.#targetSocket.once('finish', () => this.#destroyWhenQuiet());
  }

  // Closing a connection with unread bytes resets it, and the target loses what it has not read.
  #destroyWhenQuiet(): void {
    this.#targetSocket.setTimeout(QUIET_MS, () => this.#targetSocket.destroy());
  }
}
