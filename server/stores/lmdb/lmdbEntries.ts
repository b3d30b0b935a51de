// Decodes the entries in a data file, and checks everything first: the file may be damaged, or
// another program's.

import type { HistoryEntry } from '../history.ts';
import { InvalidEntryError } from '../historyEntry.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { checkLmdbFile } from './lmdbFileCheck.ts';
import { assertFile, CorruptFileError } from './lmdbFormat.ts';
import type { NumberedEntries } from './lmdbIpc.ts';
import { decodeRecord } from './lmdbRecord.ts';

/** Keys are unsigned 32-bit integers, little-endian on every supported platform. */
const KEY_BYTES = 4;

/**
 * @param path For the error message.
 * @throws StoreOpenError if the file is damaged, or another program's.
 */
export function decodeLmdbEntries(path: string, bytes: Buffer): NumberedEntries {
  try {
    return decodeAll(bytes);
  } catch (error) {
    if (!(error instanceof CorruptFileError)) throw error;
    throw new StoreOpenError(
      `${path} is damaged, or another program's: ${error.message}; restore a backup, or move the file away to start empty`,
    );
  }
}

function decodeAll(bytes: Buffer): NumberedEntries {
  // Decode only after the whole file is checked: the fault of a page is more precise than a bad
  // record.
  const records: { key: Buffer; value: Buffer }[] = [];
  checkLmdbFile(bytes, (key, value) => records.push({ key, value }));
  let first = 1;
  const entries: HistoryEntry[] = [];
  for (const { key, value } of records) {
    const number = numberFrom(key);
    if (entries.length === 0) first = number;
    const isNext = number === first + entries.length && number >= 1;
    assertFile(isNext, `record ${number} is out of sequence`);
    entries.push(entryFrom(number, value));
  }
  return { first, entries };
}

function numberFrom(key: Buffer): number {
  assertFile(key.length === KEY_BYTES, `a record has a key of ${key.length} bytes`);
  return key.readUInt32LE();
}

function entryFrom(number: number, value: Buffer): HistoryEntry {
  try {
    return decodeRecord(number, value);
  } catch (error) {
    if (!(error instanceof InvalidEntryError)) throw error;
    throw new CorruptFileError(`record ${number} ${error.message}`);
  }
}
