// Reloads files on SIGHUP, and reports the outcome to the operator.

import { errorMessage } from '../access/errorMessage.ts';
import { CliError } from './cliError.ts';
import type { LogFormat } from './options/options.ts';
import { jsonLogger, printLine } from './output.ts';
import type { ShortCode } from './shortCodes.ts';

/**
 * Reloads one thing. If it throws, it has changed nothing.
 *
 * @returns How much there is now, as `3 targets`; nothing if there is always one.
 */
export type Reload = (() => void) | (() => Promise<string>);

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
    reload === undefined ? [] : [{ what, outcome: outcomeOf(reload) }],
  );
  for (const { what, outcome } of outcomes) logOutcome(log, what, await outcome);
}

/** Why a reload failed. */
interface Failed {
  reason: string;
  code?: ShortCode;
}

/** If the reload succeeded, how much there is now. */
type Outcome = Failed | { now: string | undefined };

async function outcomeOf(reload: Reload): Promise<Outcome> {
  try {
    return { now: (await reload()) ?? undefined };
  } catch (error) {
    const reason = errorMessage(error);
    return error instanceof CliError ? { reason, code: error.shortCode } : { reason };
  }
}

function logOutcome(log: LogFormat, what: string, outcome: Outcome): void {
  const hasFailed = 'reason' in outcome;
  const event = hasFailed ? 'reloadFailed' : 'reloaded';
  jsonLogger(log)?.info({ event, what, ...outcome });
  if (log !== 'console') return;
  if (hasFailed) printLine(`[!] ${what} was not reloaded: ${describe(outcome)}`);
  else if (outcome.now === undefined) printLine(`${what} was reloaded.`);
  else printLine(`${what} was reloaded: ${outcome.now}.`);
}

/** A bug has no short code. */
function describe({ reason, code }: Failed): string {
  return code === undefined ? reason : `${reason} [${code}]`;
}
