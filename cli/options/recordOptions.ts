// The flags for recordings of sessions.

import { Option } from 'commander';
import { GROUP, inGroup } from './options.ts';
import { parseCount, parseNewPath } from './parsers.ts';

export interface RecordOptions {
  record?: string;
  recordMaxBytes: number;
}

export function recordOptions(): Option[] {
  return inGroup(GROUP.operations, [
    new Option(
      '--record <dir>',
      'record what targets send, each session as an asciicast v2 file in this folder; never what ' +
        'users type',
    )
      .env('MOTD_RECORD')
      .argParser(parseNewPath),
    new Option('--record-max-bytes <count>', 'maximum size of a recording, which ends there')
      .env('MOTD_RECORD_MAX_BYTES')
      .argParser(parseCount(1000, 999_999_999))
      .default(10_000_000),
  ]);
}
