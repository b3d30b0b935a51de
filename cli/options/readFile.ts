// Reads a file that a flag names, whole. A named pipe or a device could block the process, at a
// reload all of its sessions: only regular files are read, and a pipe that the shell passes as
// `/dev/fd/N`, as for `--password-file <(decrypt secret)`. Such a pipe has its content once. A start
// waits for its end, also if `/dev/fd/N` is a named pipe whose writer never comes.

import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { CliError, fileError } from '../cliError.ts';

/** A bundle of all well-known CAs has a quarter of a megabyte. */
const MAX_FILE_BYTES = 10_000_000;

const CHUNK_BYTES = 65_536;

const DESCRIPTOR = /^\/(?:dev\/fd|proc\/\w+\/fd)\/\d+$|^\/dev\/stdin$/;

/** The names of the pipes that were read. */
const readPipes = new Set<string>();

/** @throws CliError if the file cannot be read. */
export function readFile(file: string, flag: string, maxBytes = MAX_FILE_BYTES): Buffer {
  return readFileWithStats(file, flag, maxBytes).bytes;
}

/**
 * Reads both from one descriptor: a moment later, the name may refer to another file.
 *
 * @throws CliError if the file cannot be read.
 */
export function readFileWithStats(
  file: string,
  flag: string,
  maxBytes = MAX_FILE_BYTES,
): { bytes: Buffer; stats: Stats } {
  try {
    const descriptor = openReadable(file, flag);
    try {
      const bytes = readUpTo(descriptor, maxBytes + 1);
      if (bytes.length > maxBytes)
        throw new CliError(
          'input-too-large',
          `${file} has more than ${maxBytes} bytes; check ${flag}`,
        );
      return { stats: fstatSync(descriptor), bytes };
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    throw fileError(error, file, flag);
  }
}

/** @returns A descriptor whose reads end. */
function openReadable(file: string, flag: string): number {
  const { O_RDONLY, O_NONBLOCK } = constants;
  const descriptor = openSync(file, O_RDONLY | O_NONBLOCK);
  const stats = fstatSync(descriptor);
  // The error of a folder is that of reading it.
  if (stats.isFile() || stats.isDirectory()) return descriptor;
  closeSync(descriptor);
  if (!stats.isFIFO() || !DESCRIPTOR.test(file))
    throw new CliError('unreadable-file', `${file} is not a regular file; check ${flag}`);
  if (readPipes.has(file))
    throw new CliError(
      'unreadable-file',
      `${file} is a pipe, which can be read only once; check ${flag}`,
    );
  readPipes.add(file);
  return openSync(file, O_RDONLY);
}

/** @returns No more than this: the size of a pipe is unknown before it is read. */
function readUpTo(descriptor: number, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let left = maxBytes; left > 0; ) {
    const chunk = Buffer.alloc(Math.min(left, CHUNK_BYTES));
    const length = readSync(descriptor, chunk);
    if (length === 0) break;
    chunks.push(chunk.subarray(0, length));
    left -= length;
  }
  return Buffer.concat(chunks);
}
