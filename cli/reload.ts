// Reloads files on SIGHUP, and reports the outcome to the operator.

import { errorMessage } from '../access/errorMessage.ts';
import type { LogFormat } from './options/options.ts';
import { jsonLogger, printLine } from './output.ts';

/** Reloads one thing. If it throws, it has changed nothing. */
export type Reload = () => void | Promise<void>;

/**
 * Combines several reloads. Each of them is independent: if one fails, the others still happen.
 *
 * @param reloads By what they reload, worded as the subject of a sentence.
 * @returns `undefined` if there is nothing to reload.
 */
export function reloadHandler(
  reloads: Record<string, Reload | undefined>,
  log: LogFormat,
): (() => void) | undefined {
  const entries = Object.entries(reloads);
  const isEmpty = entries.every(([, reload]) => reload === undefined);
  return isEmpty ? undefined : () => void reloadAll(entries, log);
}

/** Reports in the order of the entries, however long each takes. */
async function reloadAll(
  entries: readonly [string, Reload | undefined][],
  log: LogFormat,
): Promise<void> {
  const outcomes = entries.flatMap(([what, reload]) =>
    reload === undefined ? [] : [{ what, reason: failureOf(reload) }],
  );
  for (const { what, reason } of outcomes) logOutcome(log, what, await reason);
}

/** @returns Why the reload failed; `undefined` if it succeeded. */
async function failureOf(reload: Reload): Promise<string | undefined> {
  try {
    await reload();
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

function logOutcome(log: LogFormat, what: string, reason: string | undefined): void {
  const event = reason === undefined ? 'reloaded' : 'reloadFailed';
  jsonLogger(log)?.info({ event, what, reason });
  if (log !== 'console') return;
  if (reason === undefined) printLine(`${what} was reloaded.`);
  else printLine(`[!] ${what} was not reloaded: ${reason}`);
}
