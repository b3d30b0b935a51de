// A recording on disk. It is created with its first lines, and consists of whole lines: if a write
// fails in the middle of a line, for example because the disk is full, that line is cut off.

import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

/** Only a new file: never one, or a link, that another user has put there. */
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;

const MODE = 0o600;

export class CastFile {
  readonly #path: string;
  readonly #header: Buffer;
  #handle: FileHandle | undefined;
  /** The length of what is written completely. */
  #length = 0;

  /** @param header The first line. */
  constructor(path: string, header: Buffer) {
    this.#path = path;
    this.#header = header;
  }

  /**
   * Appends lines, all or none. If it fails, it may be called again.
   *
   * @returns How many bytes were written, the header included.
   * @throws The error of the operating system.
   */
  async append(lines: readonly Buffer[]): Promise<number> {
    this.#handle ??= await open(this.#path, NEW_FILE, MODE);
    const bytes = Buffer.concat(this.#length === 0 ? [this.#header, ...lines] : lines);
    try {
      await this.#writeAll(this.#handle, bytes);
    } catch (error) {
      await this.#handle.truncate(this.#length).catch(() => {});
      throw error;
    }
    this.#length += bytes.length;
    return bytes.length;
  }

  /** Closes the file. An error is of no consequence: every write was reported. */
  async close(): Promise<void> {
    await this.#handle?.close().catch(() => {});
    this.#handle = undefined;
  }

  // The kernel may write less than asked for, for example up to a limit of the disk.
  async #writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
    let written = 0;
    while (written < bytes.length) {
      const position = this.#length + written;
      const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position);
      written += bytesWritten;
    }
  }
}
