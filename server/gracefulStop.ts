// Decides when one connection stops: a peer that connected just before a stop could not know of it,
// and its first line may be on its way.
//
//   state     carries         event                                         next state
//   running   the connection  `request`, and the peer has sent a line, or   stopped
//                             500 ms have passed since the accept
//                             `request`, otherwise                          grace
//   grace     the timer       500 ms have passed since the accept           stopped
//   stopped
//
// `signal` aborts in `stopped`. `dispose`, in any state, prevents that.

/** How long after its accept a peer may still send its first line while the server stops. */
const FIRST_LINE_GRACE_MS = 500;

interface ServedConnection {
  /** Whether the peer has sent at least one line. */
  readonly hasSentLine: boolean;
}

type StopState =
  | { readonly is: 'running'; readonly connection: ServedConnection | undefined }
  | { readonly is: 'grace'; readonly timer: NodeJS.Timeout }
  | { readonly is: 'stopped' };

export class GracefulStop {
  readonly #controller = new AbortController();
  readonly #acceptedAtMs = performance.now();
  #state: StopState = { is: 'running', connection: undefined };

  /** Aborts when the connection has to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** @param connection The peer is served from now on, and may send lines. */
  serve(connection: ServedConnection): void {
    if (this.#state.is === 'running') this.#state = { is: 'running', connection };
  }

  /** The server stops. Idempotent. */
  request(): void {
    if (this.#state.is !== 'running') return;
    const ageMs = performance.now() - this.#acceptedAtMs;
    if (this.#state.connection?.hasSentLine || ageMs >= FIRST_LINE_GRACE_MS) {
      this.#stop();
      return;
    }
    const timer = setTimeout(() => this.#stop(), FIRST_LINE_GRACE_MS - ageMs);
    this.#state = { is: 'grace', timer };
  }

  /** The connection is closed. */
  dispose(): void {
    if (this.#state.is === 'grace') clearTimeout(this.#state.timer);
    this.#state = { is: 'stopped' };
  }

  #stop(): void {
    this.#state = { is: 'stopped' };
    this.#controller.abort();
  }
}
