// The folder of the recordings.

import { randomBytes } from 'node:crypto';
import { closeSync, openSync, statSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createFolder } from '../../access/createFolder.ts';
import { errorMessage } from '../../access/errorMessage.ts';
import type { RecordingSettings } from '../../bridge/recording/recorder.ts';
import { CliError } from '../cliError.ts';
import type { RecordOptions } from '../options/recordOptions.ts';

/** A folder that exists keeps its mode. */
const FOLDER_MODE = 0o700;

/**
 * Creates the folder of `--record`, if it does not exist.
 *
 * @throws CliError if that fails, or no file can be created there.
 */
export function prepareRecordingFolder({ record }: RecordOptions): void {
  if (record === undefined) return;
  const stats = attempt('cannot create the folder of --record', () => {
    createFolder(record, FOLDER_MODE);
    // It may be a link to nothing.
    return statSync(record, { throwIfNoEntry: false });
  });
  if (stats?.isDirectory() !== true)
    throw new CliError(
      'recording-folder',
      `${record} exists, and is not a folder; choose another one with --record`,
    );
  attempt('cannot write into the folder of --record', () => {
    const probe = join(record, `.probe-${randomBytes(8).toString('hex')}`);
    closeSync(openSync(probe, 'wx', 0o600));
    unlinkSync(probe);
  });
}

function attempt<Result>(failure: string, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw new CliError('recording-folder', `${failure}: ${errorMessage(error)}`, { cause: error });
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
