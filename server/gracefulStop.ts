// Decides when one connection stops: a peer that connected just before a stop could not know of it,
// and its first line may be on its way.
//
//   state    event                                                next state
//   running  `request`, and the peer has sent a line, or 500 ms   stopped
//            have passed since the accept
//            `request`, otherwise                                 grace
//            `dispose`                                            disposed
//   grace    500 ms have passed since the accept                  stopped
//            `dispose`                                            disposed
//   stopped  `dispose`                                            disposed
//   disposed
//
// On entering `stopped`, the part that is running is stopped; a part that begins later, at once.

/** How long after its accept a peer may still send its first line while the server stops. */
const FIRST_LINE_GRACE_MS = 500;

/** A part of the work on a connection. */
export interface Stoppable {
  /** Whether the peer has sent at least one line. `undefined` means that it could not. */
  readonly hasSentLine?: boolean;
  stop(): void;
}

type StopState =
  | { readonly is: 'running' }
  | { readonly is: 'grace'; readonly timer: NodeJS.Timeout }
  | { readonly is: 'stopped' }
  | { readonly is: 'disposed' };

const RUNNING: StopState = { is: 'running' };
const STOPPED: StopState = { is: 'stopped' };
const DISPOSED: StopState = { is: 'disposed' };

export class GracefulStop {
  readonly #acceptedAtMs = performance.now();
  #state = RUNNING;
  #part: Stoppable | undefined;

  /** @param part It runs from now on, in place of the one before. */
  begin(part: Stoppable): void {
    this.#part = part;
    if (this.#state.is === 'stopped') part.stop();
  }

  /** The server stops. Idempotent. */
  request(): void {
    if (this.#state.is !== 'running') return;
    const ageMs = performance.now() - this.#acceptedAtMs;
    if (this.#part?.hasSentLine || ageMs >= FIRST_LINE_GRACE_MS) {
      this.#stop();
      return;
    }
    const timer = setTimeout(() => this.#stop(), FIRST_LINE_GRACE_MS - ageMs);
    this.#state = { is: 'grace', timer };
  }

  /** The connection is closed. */
  dispose(): void {
    if (this.#state.is === 'grace') clearTimeout(this.#state.timer);
    this.#state = DISPOSED;
  }

  #stop(): void {
    this.#state = STOPPED;
    this.#part?.stop();
  }
}
