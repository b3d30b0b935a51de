// How a command that keeps running is told to stop, and what `motd up` hears from its children.

import type { Address } from '../server/address.ts';

/** What a child tells the `motd up` that started it. */
export type Report =
  /** It listens here. */
  | { ready: Address }
  /** It has ended as asked, and is about to exit: however it does, that is no crash. */
  | { done: true };

/** Calls `stop` on Ctrl-C, SIGTERM, a terminal that is closed, and a `motd up` that is gone. */
export function onStopRequest(stop: () => void): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  process.on('disconnect', stop);
  // The channel to our parent must not keep us alive.
  process.channel?.unref();
  // It may have gone while we started; the event is then past.
  if (process.connected === false) stop();
}

/** Tells the `motd up` that started us, if one did. */
export function report(what: Report): void {
  if (process.connected) process.send?.(what);
}
