// Logs when a connection opens and closes: each `connected` event is followed by one `closed`.
//
//   state            event              logged                          next state
//   none             connected          connected                       logged, as that peer
//   logged (a peer)  connected, same
//                    connected, other   closed, connected               logged, as the other
//                    closed             closed                          none

import type { Log } from './events.ts';
import type { Peer } from './peer.ts';

export class ConnectionLog {
  readonly #log: Log | undefined;
  #peer: Peer | undefined;

  constructor(log: Log | undefined) {
    this.#log = log;
  }

  /** Logs each peer once; a proxy that was logged first is then logged as closed. */
  connected(peer: Peer): void {
    if (peer === this.#peer) return;
    this.closed();
    this.#peer = peer;
    this.#log?.({ event: 'connected', peer });
  }

  closed(): void {
    if (this.#peer === undefined) return;
    this.#log?.({ event: 'closed', peer: this.#peer });
    this.#peer = undefined;
  }
}
