// The two meta pages of LMDB's data file, to be put back when a commit has failed.
//
// LMDB writes its meta page last. Where that very write fails, it puts back a part of what stood
// there (mdb.c, mdb_env_write_meta), and until the next commit that page fits no commit at all: a
// restart could not tell such a file from a damaged one.

import { fstatSync, openSync, readSync, statSync, writeSync } from 'node:fs';
import { META_BYTES, metaAt } from './lmdbFormat.ts';

const MAX_TRIES = 3;

export class MetaPages {
  readonly #descriptor: number;
  readonly #secondAt: number;
  #pages: readonly { at: number; bytes: Buffer }[] = [];

  /** @param path A sound `data.mdb`. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'r+');
    this.#secondAt = metaAt(this.#read(0), 0, 0).pageBytes;
  }

  /** Keeps them as they are now: before a commit. @throws What `node:fs` throws. */
  remember(): void {
    // Older ones must never be put back.
    this.#pages = [];
    this.#pages = [0, this.#secondAt].map((at) => ({ at, bytes: this.#read(at) }));
  }

  /** Whether the path still names the file that was opened: nobody has replaced or deleted it. */
  isOf(path: string): boolean {
    const [named, opened] = [
      statSync(path, { throwIfNoEntry: false }),
      fstatSync(this.#descriptor),
    ];
    return named?.ino === opened.ino && named.dev === opened.dev;
  }

  /** Puts them back, once no commit is under way any more. */
  restore(): void {
    // Into the page cache, which takes them even where the disk does not;
    // a disk may have a bad moment.
    for (let tries = 0; tries < MAX_TRIES && !this.#tryToRestore(); tries++);
  }

  #tryToRestore(): boolean {
    try {
      for (const { at, bytes } of this.#pages) {
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
    if (read < META_BYTES) throw new Error('the file was cut short');
    return bytes;
  }
}
