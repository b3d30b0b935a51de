// The timing rules of one session: when to ping its browser, and when to close it because it is
// unresponsive, idle, too old or too fast. Pure: the time is an argument.

export interface SessionRules {
  /** How often a browser is pinged, in milliseconds. */
  pingIntervalMs: number;
  /** How long a session may relay no bytes, in milliseconds; 0 for no limit. */
  idleTimeoutMs: number;
  /** How long a session may last, in milliseconds; 0 for no limit. */
  maxLifetimeMs: number;
  /** How many frames a browser may send per second, averaged over ten seconds; 0 for no limit. */
  maxMessagesPerSecond: number;
}

/** A session at one moment. The counts never decrease. */
export interface SessionStatus {
  /** Grows whenever the browser has sent something, or has read something. */
  activity: number;
  /** Bytes relayed, in both directions together. */
  relayedBytes: number;
  /** Frames from the browser, pings and pongs included. */
  messages: number;
  /** Whether the bridge currently does not read from the browser, so that pongs cannot arrive. */
  isReadPaused: boolean;
}

export type PolicyAction =
  | 'ping'
  /** There was no activity since the last ping. */
  | 'terminateUnresponsive'
  | 'closeIdle'
  | 'closeExpired'
  | 'closeTooFast';

/** The maximum size of a burst, as seconds at the allowed rate. */
const BURST_SECONDS = 10;

export class SessionPolicy {
  readonly #rules: SessionRules;
  readonly #openedAtMs: number;
  #relayedBytes = 0;
  #relayedAtMs: number;
  #messages = 0;
  #tokens: number;
  #refilledAtMs: number;
  #nextPingAtMs: number;
  /** The activity at the last ping; `undefined` before the first. */
  #activityAtPing: number | undefined;

  constructor(rules: SessionRules, nowMs: number) {
    this.#rules = rules;
    this.#openedAtMs = nowMs;
    this.#relayedAtMs = nowMs;
    this.#refilledAtMs = nowMs;
    this.#nextPingAtMs = nowMs + rules.pingIntervalMs;
    this.#tokens = rules.maxMessagesPerSecond * BURST_SECONDS;
  }

  /** @returns What to do with the session now. Call it about every half second. */
  check(nowMs: number, status: SessionStatus): PolicyAction | undefined {
    const { idleTimeoutMs, maxLifetimeMs } = this.#rules;
    if (maxLifetimeMs > 0 && nowMs - this.#openedAtMs >= maxLifetimeMs) return 'closeExpired';
    if (this.#isTooFast(nowMs, status.messages)) return 'closeTooFast';
    if (status.relayedBytes !== this.#relayedBytes) {
      this.#relayedBytes = status.relayedBytes;
      this.#relayedAtMs = nowMs;
    }
    if (idleTimeoutMs > 0 && nowMs - this.#relayedAtMs >= idleTimeoutMs) return 'closeIdle';
    return nowMs < this.#nextPingAtMs ? undefined : this.#pingOrTerminate(nowMs, status);
  }

  #pingOrTerminate(nowMs: number, { activity, isReadPaused }: SessionStatus): PolicyAction {
    const isUnresponsive = activity === this.#activityAtPing && !isReadPaused;
    this.#activityAtPing = activity;
    this.#nextPingAtMs = nowMs + this.#rules.pingIntervalMs;
    return isUnresponsive ? 'terminateUnresponsive' : 'ping';
  }

  /** A token bucket: time refills it, and each message takes one token. */
  #isTooFast(nowMs: number, messages: number): boolean {
    const { maxMessagesPerSecond } = this.#rules;
    if (maxMessagesPerSecond === 0) return false;
    const refill = ((nowMs - this.#refilledAtMs) / 1000) * maxMessagesPerSecond;
    const capacity = maxMessagesPerSecond * BURST_SECONDS;
    this.#tokens = Math.min(this.#tokens + refill, capacity) - (messages - this.#messages);
    this.#refilledAtMs = nowMs;
    this.#messages = messages;
    return this.#tokens < 0;
  }
}
