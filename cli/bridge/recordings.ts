// The folder of the recordings, and the reports about it to the operator.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage } from '../../access/errorMessage.ts';
import type { RecordingSettings } from '../../bridge/recording/recorder.ts';
import { CliError } from '../cliError.ts';
import type { LogFormat } from '../options/options.ts';
import type { RecordOptions } from '../options/recordOptions.ts';
import { jsonLogger, printLine } from '../output.ts';

/** A folder that exists keeps its mode. */
const FOLDER_MODE = 0o700;

/**
 * Creates the folder of `--record`, if it does not exist.
 *
 * @throws CliError if it cannot be created.
 */
export function createRecordingFolder({ record }: RecordOptions): void {
  if (record === undefined) return;
  try {
    mkdirSync(record, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw new CliError(`cannot create the folder of --record: ${errorMessage(error)}`, {
      cause: error,
    });
  }
}

/** @returns `undefined` without `--record`. */
export function recordingSettings(
  { record, recordMaxBytes }: RecordOptions,
  onOutage: RecordingSettings['onOutage'],
): RecordingSettings | undefined {
  if (record === undefined) return undefined;
  return { folder: resolve(record), maxBytes: recordMaxBytes, onOutage };
}

/** Reports outages of a folder that several processes write to: once, when the first one fails. */
export class OutageReports {
  readonly #log: LogFormat;
  readonly #failing = new Set<object>();

  constructor(log: LogFormat) {
    this.#log = log;
  }

  /**
   * @param process Which one reports.
   * @param reason Why it cannot write; `null` if it can again.
   */
  report(process: object, reason: string | null): void {
    const wasFailing = this.#failing.size > 0;
    if (reason === null) this.#failing.delete(process);
    else this.#failing.add(process);
    const isFailing = this.#failing.size > 0;
    if (isFailing !== wasFailing) this.#print(reason);
  }

  /** A process has exited. The others know whether the folder works. */
  forget(process: object): void {
    this.#failing.delete(process);
  }

  #print(reason: string | null): void {
    const event = reason === null ? 'recordingRecovered' : 'recordingFailed';
    jsonLogger(this.#log)?.warn({ event, ...(reason !== null && { reason }) });
    if (this.#log !== 'console') return;
    if (reason === null) printLine('Sessions are recorded again.');
    else printLine(`[!] Sessions are not recorded: ${reason}`);
  }
}
