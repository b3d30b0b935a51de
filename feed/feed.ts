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
import { changeTime } from './content/lastModified.pure.ts';
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
  #changedAtMs: number | undefined;
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
    if (messageEvent(snapshot.current) !== this.#forms?.event) {
      const nowMs = Date.now();
      this.#changedAtMs = changeTime(inForceSince(snapshot, nowMs), this.#changedAtMs, nowMs);
    }
    this.#forms = new MessageForms(snapshot, this.#changedAtMs);
    this.streams.publishMessage(this.#forms.event);
    this.streams.publishServer(true);
    this.#endFirstAttempt();
  }

  #lose(): void {
    this.streams.publishServer(false);
    this.#endFirstAttempt();
  }
}
