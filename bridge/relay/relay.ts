// Relays bytes between a browser's WebSocket and a TCP connection to a target, in both directions
// and unchanged. It knows no protocol above TCP. "Browser" means the client of the WebSocket, which
// may also be another program.
//
// Backpressure: while one side does not accept data, the relay does not read from the other side.
// At most what was already read is buffered here: one chunk for the browser (readBuffer.ts); for
// the target, the messages of one read. The kernel's socket buffers keep the throughput up.
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
import { ForgedHeader } from './forgedHeader.ts';
import { type ConnectionEnds, proxyPreamble } from './proxyHeader.ts';
import { ReadBuffer } from './readBuffer.ts';
import type { RoundRobin } from './roundRobin.ts';
import type { SessionCounts } from './sessionPolicy.ts';
import type { Target } from './targets.ts';

/** How long a target may continue to send after the browser has disconnected. */
const DRAIN_DEADLINE_MS = 30_000;

/**
 * When the bridge stops, it closes the connection to a target that has received everything and has
 * sent nothing for this long.
 */
const QUIET_MS = 500;

/**
 * How long a browser that is no longer read from may take to read the close frame. Its connection
 * is reset after that, because bytes it sent were left unread.
 */
const CLOSE_LINGER_MS = 1000;

/**
 * A session that receives more messages than this in one read waits for its turn (roundRobin.ts).
 */
const MAX_MESSAGES_PER_TURN = 256;

const NOTHING = Buffer.alloc(0);

/** A WebSocket that has just been opened, and its TCP connection. */
export interface Browser {
  webSocket: WebSocket;
  socket: Socket;
  /** The two ends of the client's connection, for the PROXY header. */
  ends: () => ConnectionEnds;
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
  readonly #tcp: Socket;
  readonly #readBuffer = new ReadBuffer();
  readonly #metrics: Metrics;
  readonly #counters: TargetCounters;
  readonly #roundRobin: RoundRobin;
  readonly #onEnd: () => void;
  /** Messages from the browser that are not yet written to the target. */
  readonly #pending: Buffer[] = [];
  readonly #forgedHeader = new ForgedHeader();
  #messages = 0;
  #messagesInRead = 0;
  #isAwaitingTurn = false;
  /** The browser broke a rule: nothing more is read from it. */
  #isReadingStopped = false;
  #relayedBytes = 0;
  /** How often a side that did not accept data began to accept it again. */
  #resumes = 0;
  /** Frames written to the browser's socket whose callback has not been called yet. */
  #unsentFrames = 0;
  /** The close frame to send once every frame before it is sent. */
  #pendingClose: { code: CloseCode; reason: string } | undefined;
  /** The code of the bridge's close frame, whose answer may not arrive, or not be read. */
  #sentCloseCode: number | undefined;
  #isTcpClosed = false;
  #isStopping = false;

  /**
   * Connects a browser to a target, and relays until either side ends. Never throws: every failure
   * closes the WebSocket with a code and a reason (closeCodes.ts).
   *
   * @param onEnd Called once, when both connections are closed.
   */
  constructor(browser: Browser, target: Target, context: RelayContext, onEnd: () => void) {
    const { connectTimeoutMs, metrics, roundRobin } = context;
    this.#webSocket = browser.webSocket;
    this.#browserSocket = browser.socket;
    this.#target = target;
    this.#metrics = metrics;
    this.#counters = metrics.countersOf(target.name);
    this.#roundRobin = roundRobin;
    this.#onEnd = onEnd;
    this.#tcp = connectTarget(target, {
      connectTimeoutMs,
      onread: { buffer: this.#readBuffer.next, callback: this.#tcpOnRead },
    });
    this.#start(browser);
  }

  #start({ ends }: Browser): void {
    this.#webSocket.pause();
    // Written before the connection is established, so that no byte of the browser can precede it.
    const preamble = proxyPreamble(this.#target, ends);
    if (preamble !== '') this.#tcp.write(preamble, this.#flush);
    this.#webSocket.on('message', this.#webSocketOnMessage);
    this.#webSocket.on('ping', this.#countMessage);
    this.#webSocket.on('pong', this.#countMessage);
    this.#webSocket.on('error', (error) => this.#webSocketOnError(error));
    this.#webSocket.on('close', this.#webSocketOnClose);
    this.#tcp.on('connect', this.#flush);
    this.#tcp.on('end', () => this.#tcpOnEnd());
    this.#tcp.on('error', (error) => this.#tcpOnError(error));
    this.#tcp.on('close', () => this.#tcpOnClose());
  }

  get counts(): SessionCounts {
    return {
      activity: this.#browserSocket.bytesRead + this.#resumes,
      relayedBytes: this.#relayedBytes,
      messages: this.#messages,
      isReadPaused: this.#webSocket.isPaused,
    };
  }

  /** Sends a ping, which a living browser answers with a pong. */
  ping(): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
  }

  /**
   * Sends a close frame behind the frames sent so far. What the browser sends until it answers is
   * still relayed. ws waits for the answer, up to its close timeout.
   */
  close(code: CloseCode, reason: string): void {
    this.#sendClose(code, reason);
    // ws reads no answer from a paused WebSocket.
    this.#resumeReading();
  }

  /** Sends a close frame, and reads nothing more from the browser: for one that breaks a rule. */
  closeAndStopReading(code: CloseCode, reason: string): void {
    this.#isReadingStopped = true;
    this.#webSocket.pause();
    this.#sendClose(code, reason);
    // The answer is not read either, so only a timer can end this.
    setTimeout(() => this.#webSocket.terminate(), CLOSE_LINGER_MS).unref();
  }

  /** As `close`, for a bridge that stops: the target is not waited for once it is quiet. */
  stop(code: CloseCode, reason: string): void {
    this.#isStopping = true;
    this.close(code, reason);
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#endTarget();
  }

  /** Destroys the connection of a browser that no longer responds. The target is ended in order. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Destroys both connections. */
  destroy(): void {
    this.#webSocket.terminate();
    this.#tcp.destroy();
  }

  #sendClose(code: CloseCode, reason: string): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#sentCloseCode = code;
    this.#webSocket.close(code, reason);
  }

  readonly #webSocketOnMessage = (data: Buffer): void => {
    this.#countMessage();
    // A paused WebSocket still emits the remaining messages of a read.
    if (this.#isReadingStopped) return;
    if (this.#forgedHeader.isIn(data)) {
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

  readonly #countMessage = (): void => {
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
    // A connection that is closing takes nothing more: the bytes are discarded.
    if (bytes.length > 0 && this.#tcp.writable) this.#tcp.write(bytes, this.#flush);
  }

  /** Whether the target has not accepted everything yet. */
  get #isTargetBusy(): boolean {
    return this.#tcp.connecting || (this.#tcp.writable && this.#tcp.writableLength > 0);
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
  readonly #tcpOnRead = (bytes: number): boolean => {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return true;
    this.#relayedBytes += bytes;
    this.#counters.bytesToBrowsers += bytes;
    this.#unsentFrames++;
    this.#browserSocket.write(this.#readBuffer.frame(bytes), this.#onFrameSent);
    const isBrowserBusy = this.#browserSocket.writableLength > 0;
    this.#readBuffer.prepare(bytes, isBrowserBusy);
    if (isBrowserBusy) this.#tcp.pause();
    return true;
  };

  readonly #onFrameSent = (): void => {
    this.#unsentFrames--;
    if (this.#unsentFrames > 0) return;
    if (this.#pendingClose !== undefined) {
      this.close(this.#pendingClose.code, this.#pendingClose.reason);
    } else if (this.#tcp.isPaused()) {
      this.#resumes++;
      this.#tcp.resume();
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
  // even an empty one, fails after a reset, and so tells the two apart. A Unix socket is never
  // reset in this way.
  #tcpOnEnd(): void {
    const onEndConfirmed = () =>
      this.#closeOnceSent(CLOSE.done, `${this.#target.name} closed the connection`);
    // After our own end, a write is an error and would break off what is still in transit. Behind
    // unsent data, it would only wait.
    const canProbe = this.#tcp.writable && this.#tcp.writableLength === 0;
    if (!canProbe || 'path' in this.#target.address) onEndConfirmed();
    else this.#tcp.write(NOTHING, (error) => !error && onEndConfirmed());
  }

  #tcpOnError(error: NodeJS.ErrnoException): void {
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) return;
    const failure = connectFailure(error);
    this.#metrics.recordTargetFailure(this.#target.name, failure);
    this.#closeOnceSent(CLOSE.badGateway, describeFailure(failure, this.#target));
  }

  #tcpOnClose(): void {
    this.#isTcpClosed = true;
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#onEnd();
  }

  readonly #webSocketOnClose = (code: number): void => {
    this.#metrics.recordClose(this.#sentCloseCode ?? code);
    if (this.#isTcpClosed) {
      this.#onEnd();
      return;
    }
    if (this.#tcp.connecting) {
      this.#tcp.destroy();
      return;
    }
    this.#writePending();
    this.#endTarget();
    const deadline = setTimeout(() => this.#tcp.destroy(), DRAIN_DEADLINE_MS).unref();
    this.#tcp.once('close', () => clearTimeout(deadline));
  };

  /** Ends the stream to the target, and discards what the target still sends. */
  #endTarget(): void {
    this.#tcp.end();
    this.#tcp.resume();
    if (!this.#isStopping) return;
    if (this.#tcp.writableFinished) this.#destroyWhenQuiet();
    else this.#tcp.once('finish', () => this.#destroyWhenQuiet());
  }

  // Closing a connection with unread bytes resets it, and the target loses what it has not read
  // yet.
  #destroyWhenQuiet(): void {
    this.#tcp.setTimeout(QUIET_MS, () => this.#tcp.destroy());
  }
}
