// Bytes between a WebSocket and a TCP socket, both ways, as they come. No grammar here.
//
// Either side being slow stops reading from the other at once, so no more waits here than what was
// already read: towards the browser one chunk (readBuffer.ts); towards the target one message, and
// what came in one read with it. The kernel's buffers keep the bytes flowing.
//
// The messages of one read leave together. A paused WebSocket still gives all of them.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { connectFailure } from '../../access/systemErrors.ts';
import type { Metrics, TargetCounters } from '../metrics.ts';
import { CLOSE, type CloseCode, protocolErrorCode } from './closeCodes.ts';
import { describeFailure } from './connectFailure.ts';
import { connectTarget } from './connectTarget.ts';
import { ForgedHeader } from './forgedHeader.ts';
import { type ConnectionEnds, proxyPreamble } from './proxyHeader.ts';
import { ReadBuffer } from './readBuffer.ts';
import type { RoundRobin } from './roundRobin.ts';
import type { SessionCounts } from './sessionPolicy.ts';
import type { Target } from './targets.ts';

/** How long a target may go on talking after the browser has gone. */
const DRAIN_DEADLINE_MS = 30_000;

/** At a stop, a target that has got everything and says nothing for so long is left. */
const QUIET_MS = 500;

/**
 * How long a browser that is cut off may take to read why: its connection is then reset, for what it
 * has sent meanwhile was not read.
 */
const CUT_OFF_LINGER_MS = 1000;

/** Who sends more messages than this in one read has to wait for a turn (roundRobin.ts). */
const MANY_MESSAGES = 256;

const NOTHING = Buffer.alloc(0);

/** The WebSocket of a browser that has just connected, and what it came in on. */
export interface Browser {
  webSocket: WebSocket;
  socket: Socket;
  /** Tells the ends of its connection: a target may have to be told whose it is. */
  ends: () => ConnectionEnds;
}

export interface RelayContext {
  connectTimeoutMs: number;
  metrics: Metrics;
  turns: RoundRobin;
}

export class Relay {
  readonly #webSocket: WebSocket;
  readonly #browserSocket: Socket;
  readonly #target: Target;
  readonly #tcp: Socket;
  readonly #readBuffer = new ReadBuffer();
  readonly #metrics: Metrics;
  readonly #tally: TargetCounters;
  readonly #turns: RoundRobin;
  readonly #onEnd: () => void;
  /** Messages of this read, or for a target that does not take them yet. */
  readonly #held: Buffer[] = [];
  readonly #forgedHeader = new ForgedHeader();
  #messages = 0;
  /** How many of them came in this read. */
  #messagesInRead = 0;
  #isAwaitingTurn = false;
  /** It broke a rule, and is not listened to any longer. */
  #isCutOff = false;
  #relayedBytes = 0;
  /** How often a side that was slow has come on. */
  #advances = 0;
  /** Frames given to the browser's socket whose callback is still to come. */
  #unsent = 0;
  /** What to close with once the browser has been given everything. */
  #lastWords: { code: CloseCode; reason: string } | undefined;
  /** What the bridge has closed with. The browser need not answer, and is not always heard. */
  #closedWith: number | undefined;
  #isTcpClosed = false;
  #isStopping = false;

  /**
   * Connects a browser to a target, and relays until either side ends. Closes the WebSocket with a
   * code and words (closeCodes.ts); never throws.
   *
   * @param onEnd Called once, when both connections are closed.
   */
  constructor(browser: Browser, target: Target, context: RelayContext, onEnd: () => void) {
    const { connectTimeoutMs, metrics, turns } = context;
    this.#webSocket = browser.webSocket;
    this.#browserSocket = browser.socket;
    this.#target = target;
    this.#metrics = metrics;
    this.#tally = metrics.countersOf(target.name);
    this.#turns = turns;
    this.#onEnd = onEnd;
    this.#tcp = connectTarget(target, {
      connectTimeoutMs,
      onread: { buffer: this.#readBuffer.next, callback: this.#tcpOnRead },
    });
    this.#start(browser);
  }

  #start({ ends }: Browser): void {
    // Written while still connecting: nothing the browser says can get ahead of it.
    this.#webSocket.pause();
    const opening = proxyPreamble(this.#target, ends);
    if (opening !== '') this.#tcp.write(opening, this.#flush);
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
      activity: this.#browserSocket.bytesRead + this.#advances,
      relayedBytes: this.#relayedBytes,
      messages: this.#messages,
      isReadPaused: this.#webSocket.isPaused,
    };
  }

  /** Asks the browser for a sign of life. */
  ping(): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#webSocket.ping();
  }

  /**
   * Closes the WebSocket, after what was sent to it. What the browser says until it answers is
   * relayed as ever; ws waits for that, but not for ever.
   */
  close(code: CloseCode, reason: string): void {
    this.#say(code, reason);
    // A paused WebSocket would never read the answer.
    this.#listen();
  }

  /** The same, and what the browser still says is not read: it says too much. */
  closeAndStopReading(code: CloseCode, reason: string): void {
    this.#isCutOff = true;
    this.#webSocket.pause();
    this.#say(code, reason);
    // Its answer to the close frame is not read either: only time shows that it had the frame.
    setTimeout(() => this.#webSocket.terminate(), CUT_OFF_LINGER_MS).unref();
  }

  /** The same; the target gets what it was sent, and is left once it has no more to say. */
  stop(code: CloseCode, reason: string): void {
    this.#isStopping = true;
    this.close(code, reason);
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#leaveTarget();
  }

  /** Breaks the browser's connection off: it does not answer. */
  terminate(): void {
    this.#webSocket.terminate();
  }

  /** Breaks both connections off. */
  destroy(): void {
    this.#webSocket.terminate();
    this.#tcp.destroy();
  }

  #say(code: CloseCode, reason: string): void {
    if (this.#webSocket.readyState === this.#webSocket.OPEN) this.#closedWith = code;
    this.#webSocket.close(code, reason);
  }

  readonly #webSocketOnMessage = (data: Buffer): void => {
    this.#countMessage();
    // A paused WebSocket still gives all messages of the read.
    if (this.#isCutOff) return;
    if (this.#forgedHeader.isIn(data)) {
      this.closeAndStopReading(CLOSE.ruleBroken, 'a browser may not send a PROXY header');
      return;
    }
    this.#relayedBytes += data.length;
    this.#tally.bytesFromBrowsers += data.length;
    this.#held.push(data);
  };

  /**
   * The browser broke the protocol: ws has closed with the code for that, and reads nothing more.
   */
  #webSocketOnError(error: NodeJS.ErrnoException): void {
    this.#closedWith ??= protocolErrorCode(error);
  }

  readonly #countMessage = (): void => {
    this.#messages++;
    this.#messagesInRead++;
    if (this.#messagesInRead === 1) queueMicrotask(this.#endRead);
  };

  readonly #endRead = (): void => {
    const hadMany = this.#messagesInRead > MANY_MESSAGES;
    this.#messagesInRead = 0;
    if (hadMany && !this.#isAwaitingTurn) {
      this.#isAwaitingTurn = true;
      this.#webSocket.pause();
      this.#turns.wait(this.#takeTurn);
    }
    this.#flush();
  };

  readonly #takeTurn = (): void => {
    this.#isAwaitingTurn = false;
    this.#listen();
  };

  /**
   * Gives the target what is there, where it takes it;
   * until it has, the browser is not listened to.
   */
  readonly #flush = (): void => {
    if (!this.#isTargetBusy) this.#writeHeld();
    if (this.#isTargetBusy) this.#webSocket.pause();
    else this.#listen();
  };

  #writeHeld(): void {
    const [first] = this.#held;
    if (first === undefined) return;
    const bytes = this.#held.length === 1 ? first : Buffer.concat(this.#held);
    this.#held.length = 0;
    // To a target that is gone there is nothing to say.
    if (bytes.length > 0 && this.#tcp.writable) this.#tcp.write(bytes, this.#flush);
  }

  /** Whether the target has yet to take something. */
  get #isTargetBusy(): boolean {
    return this.#tcp.connecting || (this.#tcp.writable && this.#tcp.writableLength > 0);
  }

  /** Goes on listening to the browser, where nothing speaks against it. */
  #listen(): void {
    if (!this.#webSocket.isPaused || this.#isCutOff || this.#isAwaitingTurn) return;
    if (this.#isTargetBusy) return;
    this.#advances++;
    this.#webSocket.resume();
  }

  // Frames of ours may go past ws: it compresses nothing, so it writes each of its own whole.
  readonly #tcpOnRead = (bytes: number): boolean => {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return true;
    this.#relayedBytes += bytes;
    this.#tally.bytesToBrowsers += bytes;
    this.#unsent++;
    this.#browserSocket.write(this.#readBuffer.frame(bytes), this.#onSent);
    const isWaiting = this.#browserSocket.writableLength > 0;
    this.#readBuffer.prepare(bytes, isWaiting);
    if (isWaiting) this.#tcp.pause();
    return true;
  };

  readonly #onSent = (): void => {
    this.#unsent--;
    if (this.#unsent > 0) return;
    if (this.#lastWords !== undefined) {
      this.close(this.#lastWords.code, this.#lastWords.reason);
    } else if (this.#tcp.isPaused()) {
      this.#advances++;
      this.#tcp.resume();
    }
  };

  /** ws gives a browser some seconds to answer a close frame: it has to have got there before. */
  #closeOnceSent(code: CloseCode, reason: string): void {
    this.#lastWords = { code, reason };
    if (this.#unsent === 0) this.close(code, reason);
  }

  // libuv takes a reset right behind the last bytes for an end (uv__stream_io): writing tells the
  // two apart, even if it is nothing that is written. (On a Unix socket nothing is ever reset so.)
  #tcpOnEnd(): void {
    const done = () =>
      this.#closeOnceSent(CLOSE.done, `${this.#target.name} closed the connection`);
    // Once our end is said, writing would break off what is still on its way.
    const canBeAsked = this.#tcp.writable && this.#tcp.writableLength === 0;
    if (!canBeAsked || 'path' in this.#target.at) done();
    else this.#tcp.write(NOTHING, (error) => !error && done());
  }

  #tcpOnError(error: NodeJS.ErrnoException): void {
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) return;
    const failure = connectFailure(error);
    this.#metrics.targetFailed(this.#target.name, failure);
    this.#closeOnceSent(CLOSE.badGateway, describeFailure(failure, this.#target));
  }

  #tcpOnClose(): void {
    this.#isTcpClosed = true;
    if (this.#webSocket.readyState === this.#webSocket.CLOSED) this.#onEnd();
  }

  /** The browser's end is gone: the target hears its end of the stream, and may finish. */
  readonly #webSocketOnClose = (code: number): void => {
    this.#metrics.closed(this.#closedWith ?? code);
    if (this.#isTcpClosed) {
      this.#onEnd();
      return;
    }
    if (this.#tcp.connecting) {
      this.#tcp.destroy();
      return;
    }
    this.#writeHeld();
    this.#leaveTarget();
    const deadline = setTimeout(() => this.#tcp.destroy(), DRAIN_DEADLINE_MS).unref();
    this.#tcp.once('close', () => clearTimeout(deadline));
  };

  /** Ends the stream to the target, and hears it out. */
  #leaveTarget(): void {
    this.#tcp.end();
    this.#tcp.resume();
    if (!this.#isStopping) return;
    if (this.#tcp.writableFinished) this.#destroyOnceQuiet();
    else this.#tcp.once('finish', () => this.#destroyOnceQuiet());
  }

  // To leave something unread would reset the connection,
  // and take back what the target has not read.
  #destroyOnceQuiet(): void {
    this.#tcp.setTimeout(QUIET_MS, () => this.#tcp.destroy());
  }
}
