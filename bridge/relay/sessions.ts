// All sessions of the bridge: who may open one more, what time does to each, and their common end.

import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { ConnectionLimits } from '../../access/connectionLimits.ts';
import type { Full, Room } from '../../access/room.ts';
import { CLOSE } from './closeCodes.ts';
import { type Browser, Relay, type RelayContext } from './relay.ts';
import { type Due, SessionClock, type SessionRules } from './sessionClock.ts';
import type { Target } from './targets.ts';
import { Turns } from './turns.ts';

/** How often each session is looked at. */
const SWEEP_MS = 500;

/** How long a stopping bridge waits for both ends to take what is on its way. */
const STOP_DEADLINE_MS = 5_000;

/** The rule that says that there is no room. */
export type FullRule = 'sessions' | 'sessions_per_source' | 'descriptors';

/** The same in words. */
export const FULL: Record<FullRule, string> = {
  sessions: 'the bridge is full: try again later',
  sessions_per_source: 'too many sessions from your address: close one, or try again later',
  descriptors: 'the bridge is out of file descriptors: try again later',
};

const RULE_FOR: Record<Full, FullRule> = { all: 'sessions', source: 'sessions_per_source' };

const STOPPING = [CLOSE.goingAway, 'the bridge is stopping'] as const;

export interface SessionsContext extends Omit<RelayContext, 'turns'> {
  rules: SessionRules;
  /** Counts the sessions; another process may do so. */
  room: Room;
  /** Counts those who are told that there is none. */
  limits: ConnectionLimits;
}

/** What became of the room that was asked for an upgrade. */
interface Claim {
  source: string;
  full: FullRule | undefined;
}

export class Sessions {
  readonly #context: SessionsContext & RelayContext;
  /** By the connection whose upgrade is under way. */
  readonly #claims = new Map<Socket, Claim>();
  /** How many wait to hear whether there is room. */
  #asking = 0;
  readonly #clocks = new Map<Relay, SessionClock>();
  readonly #sweep: NodeJS.Timeout;
  #isStopping = false;
  #onEmpty: () => void = () => {};

  constructor(context: SessionsContext) {
    this.#context = { ...context, turns: new Turns() };
    // After a stall, timers fire before sockets are read: what was received meanwhile comes first.
    this.#sweep = setInterval(() => setImmediate(() => this.#lookAtAll()), SWEEP_MS).unref();
  }

  /**
   * Asks for the room a session needs, for the upgrade that a connection has asked for. `open` takes
   * it, else it is given back when the connection closes.
   *
   * @param shortage Why there is none, whatever the room.
   * @returns Why there is none; `undefined` where there is.
   */
  async claim(socket: Socket, source: string, shortage?: FullRule): Promise<FullRule | undefined> {
    const { room } = this.#context;
    const missing = shortage === undefined ? await this.#ask(source) : undefined;
    const full = shortage ?? (missing && RULE_FOR[missing]);
    const giveBack = () => {
      if (this.#claims.delete(socket) && full === undefined) room.release(source);
    };
    this.#claims.set(socket, { source, full });
    if (socket.destroyed) giveBack();
    else socket.once('close', giveBack);
    return full;
  }

  async #ask(source: string): Promise<Full | undefined> {
    this.#asking++;
    try {
      return await this.#context.room.claim(source);
    } finally {
      this.#asking--;
    }
  }

  /** How many are open, or about to be. */
  get size(): number {
    return this.#clocks.size + this.#claims.size + this.#asking;
  }

  /** Whether one more may be let in only to be told that there is no room. */
  get hasRoomToTell(): boolean {
    return this.#context.limits.hasFarewellLeft;
  }

  /** Opens a session; where no room was made for one, the WebSocket is closed with 1013. */
  open(browser: Browser, target: Target): void {
    const { metrics, rules, room } = this.#context;
    if (this.#isStopping) {
      browser.webSocket.close(...STOPPING);
      return;
    }
    const claim = this.#claims.get(browser.socket);
    if (claim === undefined) throw new Error('an upgrade that claimed no room');
    const { full, source } = claim;
    this.#claims.delete(browser.socket);
    if (full !== undefined) {
      metrics.refused(full);
      this.#turnAway(browser.webSocket, FULL[full]);
      return;
    }
    const tally = metrics.tallyOf(target.name);
    tally.opened++;
    tally.open++;
    const relay = new Relay(browser, target, this.#context, () => {
      this.#clocks.delete(relay);
      tally.open--;
      room.release(source);
      if (this.#clocks.size === 0) this.#onEmpty();
    });
    this.#clocks.set(relay, new SessionClock(rules, performance.now()));
  }

  /**
   * Closes every session with 1001, once what is on its way has arrived,
   * or the deadline has passed.
   */
  async stop(): Promise<void> {
    this.#isStopping = true;
    clearInterval(this.#sweep);
    if (this.#clocks.size === 0) return;
    const empty = new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
    });
    const deadline = setTimeout(() => {
      for (const relay of this.#clocks.keys()) relay.destroy();
    }, STOP_DEADLINE_MS);
    for (const relay of this.#clocks.keys()) relay.stop(...STOPPING);
    await empty;
    clearTimeout(deadline);
  }

  #turnAway(webSocket: WebSocket, why: string): void {
    const { limits } = this.#context;
    if (!limits.beginFarewell()) {
      webSocket.terminate();
      return;
    }
    webSocket.once('close', () => limits.endFarewell());
    this.#context.metrics.closed(CLOSE.tryAgainLater);
    webSocket.close(CLOSE.tryAgainLater, why);
  }

  #lookAtAll(): void {
    if (this.#isStopping) return;
    const now = performance.now();
    for (const [relay, clock] of this.#clocks) this.#do(clock.due(now, relay.counts), relay);
  }

  #do(due: Due | undefined, relay: Relay): void {
    const { idleTimeoutMs, maxLifetimeMs, maxMessagesPerSecond } = this.#context.rules;
    switch (due) {
      case undefined:
        return;
      case 'ping':
        relay.ping();
        return;
      case 'gone':
        relay.giveUp();
        return;
      case 'idle':
        relay.close(CLOSE.ruleBroken, `nothing was said for ${idleTimeoutMs / 1000} s`);
        return;
      case 'tooOld':
        relay.close(CLOSE.ruleBroken, `a session lasts no longer than ${maxLifetimeMs / 1000} s`);
        return;
      case 'tooFast':
        relay.cutOff(CLOSE.ruleBroken, `no more than ${maxMessagesPerSecond} messages a second`);
        return;
      default:
        due satisfies never;
    }
  }
}
