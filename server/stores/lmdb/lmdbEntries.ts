// The history in the bytes of a data file. Nothing is believed before it is checked: the file may be
// damaged, or another program's.

import type { HistoryEntry } from '../history.ts';
import { InvalidEntryError } from '../historyEntry.ts';
import { StoreOpenError } from '../storeOpenError.ts';
import { checkLmdbFile } from './lmdbFileCheck.ts';
import { CorruptFileError, check } from './lmdbFormat.ts';
import type { NumberedEntries } from './lmdbIpc.ts';
import { decodeRecord } from './lmdbRecord.ts';

/** Keys are unsigned integers of 32 bits, little-endian on every machine that we run on. */
const KEY_BYTES = 4;

/**
 * @param file Its path, for the error.
 * @throws StoreOpenError if it is damaged, or not ours.
 */
export function decodeLmdbEntries(file: string, bytes: Buffer): NumberedEntries {
  try {
    return decodeAll(bytes);
  } catch (error) {
    if (!(error instanceof CorruptFileError)) throw error;
    throw new StoreOpenError(
      `${file} is damaged or not ours: ${error.message}; put a copy back, or move it away to begin anew`,
    );
  }
}

function decodeAll(bytes: Buffer): NumberedEntries {
  // A record is decoded only after the whole file proved sound: the fault of a page says more.
  const records: { key: Buffer; value: Buffer }[] = [];
  checkLmdbFile(bytes, (key, value) => records.push({ key, value }));
  let first = 1;
  const entries: HistoryEntry[] = [];
  for (const { key, value } of records) {
    const number = numberIn(key);
    if (entries.length === 0) first = number;
    const isNext = number === first + entries.length && number >= 1;
    check(isNext, `record ${number} is not the next one`);
    entries.push(entryIn(number, value));
  }
  return { first, entries };
}

function numberIn(key: Buffer): number {
  check(key.length === KEY_BYTES, `a record has a key of ${key.length} bytes`);
  return key.readUInt32LE();
}

function entryIn(number: number, value: Buffer): HistoryEntry {
  try {
    return decodeRecord(number, value);
  } catch (error) {
    if (!(error instanceof InvalidEntryError)) throw error;
    throw new CorruptFileError(`record ${number} ${error.message}`);
  }
}
