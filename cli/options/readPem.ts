import { readFileSync } from 'node:fs';
import { fileError } from '../cliError.ts';

/** @returns The bytes of a PEM file. @throws CliError if it cannot be read. */
export function readPem(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file, flag);
  }
}
