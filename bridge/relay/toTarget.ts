// Relays from the browser to the target: the messages of one read become one write.
//
//   state          the browser is   next
//   blocked        not read         reading: the target has accepted everything, or is gone
//   reading        read             blocked: the target has not accepted everything
//   awaitingTurn   not read         blocked: its turn has come
//   stopped        not read         (none)
//
//   blocked, reading: a read of too many messages leads to awaitingTurn (roundRobin.ts).
//   any state: `stopReading` leads to stopped. What was relayed before still reaches the target.
//
// Backpressure: while the target does not accept data, the browser is not read. A WebSocket that is
// paused still emits every message of the read it is in. They are collected, and written at the end
// of that read, if the target accepts them then, or else as soon as it does.

import type { WebSocket } from 'ws';
import type { TargetCounters } from '../metrics.ts';
import { CLOSE, type CloseCode } from './closeCodes.ts';
import type { TargetSocket } from './connectTarget.ts';
import { ForgedHeaderDetector } from './forgedHeaderDetector.ts';
import type { RoundRobin } from './roundRobin.ts';

/** A session that receives more messages in one read waits for its turn. */
const MAX_MESSAGES_PER_TURN = 256;

const NOTHING = Buffer.alloc(0);

export interface ToTargetContext {
  webSocket: WebSocket;
  targetSocket: TargetSocket;
  counters: TargetCounters;
  roundRobin: RoundRobin;
  relay: Closable;
  /** Encodes each message for the target; without it, messages are relayed as they are. */
  encode: ((message: Buffer) => Buffer) | undefined;
  /** The name of a target that accepts nothing from the browser. */
  readOnlyName: string | undefined;
}

/** What ends the session if the browser sends what it must not. */
interface Closable {
  closeAndStopReading(code: CloseCode, reason: string): void;
}

type State = 'blocked' | 'reading' | 'awaitingTurn' | 'stopped';

export class ToTarget {
  relayedBytes = 0;
  /** Frames from the browser, pings and pongs included. */
  messages = 0;
  /** How many times reading was resumed. */
  resumes = 0;
  readonly #webSocket: WebSocket;
  readonly #targetSocket: TargetSocket;
  readonly #counters: TargetCounters;
  readonly #roundRobin: RoundRobin;
  readonly #relay: Closable;
  readonly #encode: ToTargetContext['encode'];
  readonly #readOnlyName: string | undefined;
  readonly #forgedHeaderDetector = new ForgedHeaderDetector();
  /** Messages that are not yet written to the target. */
  readonly #pending: Buffer[] = [];
  #messagesInRead = 0;
  #state: State = 'blocked';

  constructor(context: ToTargetContext) {
    this.#webSocket = context.webSocket;
    this.#targetSocket = context.targetSocket;
    this.#counters = context.counters;
    this.#roundRobin = context.roundRobin;
    this.#relay = context.relay;
    this.#encode = context.encode;
    this.#readOnlyName = context.readOnlyName;
    this.#webSocket.pause();
    this.#webSocket.on('message', this.#webSocketOnMessage);
    this.#webSocket.on('ping', this.#webSocketOnFrame);
    this.#webSocket.on('pong', this.#webSocketOnFrame);
    this.#targetSocket.once('connect', () => this.#targetSocketOnConnect());
  }

  get isReadPaused(): boolean {
    return this.#state !== 'reading';
  }

  /** Writes bytes of the bridge itself, before all that is pending. */
  writeDirectly(bytes: Buffer): void {
    if (this.#targetSocket.writable) this.#targetSocket.write(bytes, this.#flush);
  }

  /** Reads from the browser again, if only the target prevented it, and no longer does. */
  resume(): void {
    if (this.#state !== 'blocked' || this.#isTargetBusy) return;
    this.#state = 'reading';
    this.resumes++;
    this.#webSocket.resume();
  }

  /** Relays nothing that arrives from now on. */
  stopReading(): void {
    this.#state = 'stopped';
    this.#webSocket.pause();
  }

  /** Writes what is pending, then the end of the stream. */
  end(): void {
    this.#writePending();
    this.#targetSocket.end();
  }

  #targetSocketOnConnect(): void {
    // A preamble may be unsent: an empty write ends after it.
    if (this.#isTargetBusy) this.#targetSocket.write(NOTHING, this.#flush);
    else this.#flush();
  }

  readonly #webSocketOnMessage = (data: Buffer): void => {
    this.#webSocketOnFrame();
    if (this.#state === 'stopped') return;
    if (this.#readOnlyName !== undefined) {
      const reason = `${this.#readOnlyName} is read only: it accepts no data`;
      this.#relay.closeAndStopReading(CLOSE.ruleBroken, reason);
      return;
    }
    if (this.#forgedHeaderDetector.detect(data)) {
      this.#relay.closeAndStopReading(CLOSE.ruleBroken, 'a client must not send a PROXY header');
      return;
    }
    this.relayedBytes += data.length;
    this.#counters.bytesFromBrowsers += data.length;
    this.#pending.push(this.#encode?.(data) ?? data);
  };

  readonly #webSocketOnFrame = (): void => {
    this.messages++;
    this.#messagesInRead++;
    // The microtask runs after the last message of this read.
    if (this.#messagesInRead === 1) queueMicrotask(this.#endRead);
  };

  readonly #endRead = (): void => {
    if (this.#messagesInRead > MAX_MESSAGES_PER_TURN) this.#awaitTurn();
    this.#messagesInRead = 0;
    this.#flush();
  };

  #awaitTurn(): void {
    if (this.#state !== 'reading' && this.#state !== 'blocked') return;
    this.#state = 'awaitingTurn';
    this.#webSocket.pause();
    this.#roundRobin.enqueue(this.#takeTurn);
  }

  readonly #takeTurn = (): void => {
    if (this.#state !== 'awaitingTurn') return;
    this.#state = 'blocked';
    this.resume();
  };

  /** Writes to the target if it accepts data, and reads from the browser only while it does. */
  readonly #flush = (): void => {
    if (!this.#isTargetBusy) this.#writePending();
    if (!this.#isTargetBusy) this.resume();
    else if (this.#state === 'reading') {
      this.#state = 'blocked';
      this.#webSocket.pause();
    }
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
}
