// The message over HTTP: follows a server, and keeps its message in the forms in which it is sent.
//
//   state        event             next state
//   unused       use               connecting
//   connecting   snapshot          connected
//                server lost       unreached
//   unreached    snapshot          connected
//   connected    snapshot          connected, with other forms
//                server lost       lost, with the same forms
//   lost         snapshot          connected
//
// A feed without clients has no connection to the server, and no lines on its console.

import type { ServerConnection } from '../client/connect.ts';
import { messageEvent } from './content/events.pure.ts';
import { inForceSince, type Snapshot } from './content/snapshot.pure.ts';
import { EventStreams, type EventStreamsOptions } from './http/eventStreams.ts';
import { MessageForms } from './http/messageForms.ts';
import { Follower } from './upstream/follower.ts';

/** How long a first request may wait for the server. */
const FIRST_ANSWER_TIMEOUT_MS = 10_000;

export interface FeedOptions extends EventStreamsOptions {
  /** Connects to the server. */
  open: () => Promise<ServerConnection>;
  /** Called after each change, if all that the feed needs was read. */
  onRead: () => void;
  /** Called at each attempt to read it that fails. */
  onFailure: (error: unknown) => void;
}

export class Feed {
  readonly streams: EventStreams;
  readonly #follower: Follower;
  #forms: MessageForms | undefined;
  #lastModifiedMs: number | undefined;
  /** Whether the message before had the same `Last-Modified`, in seconds: then none is sent. */
  #isSecondShared = false;
  #firstAnswer: Promise<void> | undefined;
  #endFirstAttempt = () => {};

  constructor({ open, onRead, onFailure, ...streamOptions }: FeedOptions) {
    this.streams = new EventStreams(streamOptions);
    this.#follower = new Follower({
      open,
      onRead,
      onFailure,
      onSnapshot: (snapshot) => this.#publish(snapshot),
      onLost: () => this.#lose(),
    });
  }

  /** The message as last known; `undefined` before the server was reached. */
  get forms(): MessageForms | undefined {
    return this.#forms;
  }

  /**
   * Follows the server from the first call on.
   *
   * @returns Resolves when the server has answered, the first attempt to reach it has failed, or
   *   neither has happened in time.
   */
  use(): Promise<void> {
    this.#firstAnswer ??= new Promise((resolve) => {
      const timer = setTimeout(resolve, FIRST_ANSWER_TIMEOUT_MS).unref();
      this.#endFirstAttempt = () => {
        clearTimeout(timer);
        resolve();
      };
      void this.#follower.run();
    });
    return this.#firstAnswer;
  }

  stop(): void {
    this.#follower.stop();
    this.streams.close();
  }

  #publish(snapshot: Snapshot): void {
    const earlierMs = this.#lastModifiedMs;
    this.#lastModifiedMs = this.#lastModifiedOf(snapshot);
    if (messageEvent(snapshot.current) !== this.#forms?.event)
      this.#isSecondShared = secondOf(earlierMs) === secondOf(this.#lastModifiedMs);
    const lastModifiedMs = this.#isSecondShared ? undefined : this.#lastModifiedMs;
    this.#forms = new MessageForms(snapshot, lastModifiedMs);
    this.streams.publishMessage(this.#forms.event);
    this.streams.publishServer(true);
    this.#endFirstAttempt();
  }

  #lose(): void {
    this.streams.publishServer(false);
    this.#endFirstAttempt();
  }

  /**
   * When the message in force changed, by the clock of this machine: no later than now (RFC 9110,
   * section 8.8.2.1), and never before an earlier change, which a client may know already.
   */
  #lastModifiedOf(snapshot: Snapshot): number | undefined {
    const nowMs = Date.now();
    const sinceMs = inForceSince(snapshot, nowMs);
    if (sinceMs !== undefined && sinceMs >= (this.#lastModifiedMs ?? 0)) {
      return Math.min(sinceMs, nowMs);
    }
    return this.#lastModifiedMs === undefined ? undefined : nowMs;
  }
}

function secondOf(timeMs: number | undefined): number | undefined {
  return timeMs === undefined ? undefined : Math.floor(timeMs / 1000);
}
