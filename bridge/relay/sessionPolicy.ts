// What time does to a session: when its browser is asked whether it is still there, and which rules
// it has broken. Pure: the time comes in with each call.

export interface SessionRules {
  /** How often a browser is asked for a sign of life, in milliseconds. */
  pingIntervalMs: number;
  /** How long nothing may be relayed, in milliseconds; 0 for ever. */
  idleTimeoutMs: number;
  /** How long a session may last, in milliseconds; 0 for ever. */
  maxLifetimeMs: number;
  /** How many frames a browser may send each second, over ten seconds; 0 for any number. */
  maxMessagesPerSecond: number;
}

/** What a session has come to: counts that only grow. */
export interface SessionCounts {
  /** Grows with each sign that the browser is there. */
  activity: number;
  relayedBytes: number;
  /** Frames from the browser, pings and pongs included. */
  messages: number;
  /**
   * Whether the browser is not listened to now, because the target is slow:
   * its silence means nothing.
   */
  isReadPaused: boolean;
}

export type Due =
  /** Ask the browser for a sign of life. */
  | 'ping'
  /** It gave none since it was asked. */
  | 'gone'
  | 'idle'
  | 'tooOld'
  | 'tooFast';

/** A burst may be as large as what is allowed in so many seconds. */
const BURST_SECONDS = 10;

export class SessionPolicy {
  readonly #rules: SessionRules;
  readonly #openedAtMs: number;
  #relayedBytes = 0;
  #relayedAtMs: number;
  #messages = 0;
  #allowance: number;
  #countedAtMs: number;
  #nextPingAtMs: number;
  /** As they were at the last ping; `undefined` before the first. */
  #activity: number | undefined;

  constructor(rules: SessionRules, nowMs: number) {
    this.#rules = rules;
    this.#openedAtMs = nowMs;
    this.#relayedAtMs = nowMs;
    this.#countedAtMs = nowMs;
    this.#nextPingAtMs = nowMs + rules.pingIntervalMs;
    this.#allowance = rules.maxMessagesPerSecond * BURST_SECONDS;
  }

  /** @returns What has to be done now. To be asked about every half a second. */
  due(nowMs: number, counts: SessionCounts): Due | undefined {
    const { idleTimeoutMs, maxLifetimeMs } = this.#rules;
    if (maxLifetimeMs > 0 && nowMs - this.#openedAtMs >= maxLifetimeMs) return 'tooOld';
    if (this.#isTooFast(nowMs, counts.messages)) return 'tooFast';
    if (counts.relayedBytes !== this.#relayedBytes) {
      this.#relayedBytes = counts.relayedBytes;
      this.#relayedAtMs = nowMs;
    }
    if (idleTimeoutMs > 0 && nowMs - this.#relayedAtMs >= idleTimeoutMs) return 'idle';
    return nowMs < this.#nextPingAtMs ? undefined : this.#pingOrGone(nowMs, counts);
  }

  #pingOrGone(nowMs: number, { activity, isReadPaused }: SessionCounts): Due {
    const isSilent = activity === this.#activity && !isReadPaused;
    this.#activity = activity;
    this.#nextPingAtMs = nowMs + this.#rules.pingIntervalMs;
    return isSilent ? 'gone' : 'ping';
  }

  /** A token bucket: it fills with time, and each message takes one out. */
  #isTooFast(nowMs: number, messages: number): boolean {
    const { maxMessagesPerSecond } = this.#rules;
    if (maxMessagesPerSecond === 0) return false;
    const earned = ((nowMs - this.#countedAtMs) / 1000) * maxMessagesPerSecond;
    const full = maxMessagesPerSecond * BURST_SECONDS;
    this.#allowance = Math.min(this.#allowance + earned, full) - (messages - this.#messages);
    this.#countedAtMs = nowMs;
    this.#messages = messages;
    return this.#allowance < 0;
  }
}
