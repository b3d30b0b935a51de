// Saves the two meta pages of LMDB's data file before a commit, and restores them after a failure.
//
// LMDB writes its meta page last. If that write fails, LMDB restores only a part of the old page
// (mdb.c, mdb_env_write_meta). Until the next commit that page is inconsistent, and a restart could
// not distinguish the file from a damaged one.

import { fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { META_BYTES, metaAt } from './lmdbFormat.ts';

const MAX_TRIES = 3;

export class MetaPageBackup {
  readonly #descriptor: number;
  readonly #secondAt: number;
  #saved: readonly { at: number; bytes: Buffer }[] = [];

  /** @param path A `data.mdb` that passed `checkLmdbFile`. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r+');
    this.#secondAt = metaAt(this.#read(0), 0, 0).pageBytes;
  }

  /** Call before each commit. @throws What `node:fs` throws. */
  save(): void {
    // If reading fails, `restore` must not write pages of an earlier commit.
    this.#saved = [];
    this.#saved = [0, this.#secondAt].map((at) => ({ at, bytes: this.#read(at) }));
  }

  /** Whether the path still names the opened file: it was neither replaced nor deleted. */
  isOpenedFrom(path: string): boolean {
    const [named, opened] = [
      statSync(path, { throwIfNoEntry: false }),
      fstatSync(this.#descriptor),
    ];
    return named?.ino === opened.ino && named.dev === opened.dev;
  }

  /** Call after a failed commit, when LMDB writes nothing any more. */
  restore(): void {
    // The page cache accepts the write even if the disk fails. Retry: the fault may be transient.
    for (let tries = 0; tries < MAX_TRIES && !this.#tryToRestore(); tries++);
  }

  #tryToRestore(): boolean {
    try {
      for (const { at, bytes } of this.#saved) {
        writeSync(this.#descriptor, bytes, 0, META_BYTES, at);
      }
      return true;
    } catch {
      return false;
    }
  }

  #read(at: number): Buffer {
    const bytes = Buffer.alloc(META_BYTES);
    const read = readSync(this.#descriptor, bytes, 0, META_BYTES, at);
    if (read < META_BYTES) throw new Error('the file ends within a meta page');
    return bytes;
  }
}
