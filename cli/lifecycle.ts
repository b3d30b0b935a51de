// How a command that keeps running is told to stop, and how `motd up` hears that it runs.

import type { Address } from '../server/address.ts';

/** What a child of `motd up` tells it once it listens. */
export interface Ready {
  ready: Address;
}

/** Calls `stop` on Ctrl-C, on SIGTERM, and when the `motd up` that started us is gone. */
export function onStopRequest(stop: () => void): void {
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  process.on('disconnect', stop);
  // The channel to our parent must not keep us alive.
  process.channel?.unref();
}

/** Tells the `motd up` that started us, if one did, where we listen. */
export function announceReady(ready: Address): void {
  process.send?.({ ready } satisfies Ready);
}
