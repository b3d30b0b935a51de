// The folder of the recordings.

import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { errorMessage } from '../../access/errorMessage.ts';
import type { RecordingSettings } from '../../bridge/recording/recorder.ts';
import { CliError } from '../cliError.ts';
import type { RecordOptions } from '../options/recordOptions.ts';

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
  onWrite: RecordingSettings['onWrite'],
): RecordingSettings | undefined {
  if (record === undefined) return undefined;
  return { folder: resolve(record), maxBytes: recordMaxBytes, onWrite };
}
