// What is read anew on SIGHUP, and how the operator hears of it.

import { errorMessage } from '../server/errorMessage.ts';
import type { LogFormat } from './options/options.ts';
import { say, structuredLog } from './output.ts';

/** Reads one thing anew; throws where it cannot be used, and has then changed nothing. */
export type Reload = () => void;

/**
 * Makes what a reload does: each thing on its own, so that one that is broken keeps none of the
 * others back. What could not be read stays as it was.
 *
 * @param reloads By what they read, as a sentence about it begins.
 * @returns `undefined` where there is nothing to read.
 */
export function reloading(
  reloads: Record<string, Reload | undefined>,
  log: LogFormat,
): (() => void) | undefined {
  const wanted = Object.entries(reloads).flatMap(([what, reload]) =>
    reload === undefined ? [] : [() => tell(log, what, failureOf(reload))],
  );
  if (wanted.length === 0) return undefined;
  return () => {
    for (const reload of wanted) reload();
  };
}

/** @returns Why it failed; `undefined` where it did not. */
function failureOf(reload: Reload): string | undefined {
  try {
    reload();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

function tell(log: LogFormat, what: string, reason: string | undefined): void {
  const event = reason === undefined ? 'reloaded' : 'reloadFailed';
  structuredLog(log)?.info({ event, what, reason });
  if (log !== 'console') return;
  if (reason === undefined) say(`${what} is read anew.`);
  else say(`[!] ${what} stays as it was: ${reason}`);
}
