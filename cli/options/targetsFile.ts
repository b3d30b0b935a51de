// Reads `--targets-file`: the targets of the bridge, one per line.

import { targetFault } from '../../bridge/relay/targetFault.ts';
import { parseTarget, type Target } from '../../bridge/relay/targets.ts';
import { CliError } from '../cliError.ts';
import { readFile } from './readFile.ts';
import { decodeLines } from './textFile.ts';

const FLAG = '--targets-file';

/** Ten thousand targets. A larger file is not a list of targets, but a log for example. */
const MAX_FILE_BYTES = 1_000_000;

/** A target contains no white space, so a comment may follow one. */
const COMMENT = /(?:^|\s)#.*$/;

const HYPHEN_HOST = /^[^=]*=\[?-/;

/**
 * Reads lines in the form of `--target`. Skips blank lines, and comments that start with `#`.
 *
 * @param flagTargets Those of `--target`. They come before those of the file.
 * @returns All of them.
 * @throws CliError that names the file and the number of the invalid line.
 */
export function readTargetsFile(file: string, flagTargets: readonly Target[]): Target[] {
  const lines = decodeLines(readFile(file, FLAG, MAX_FILE_BYTES), file);
  const targets = [...flagTargets];
  const origins = new Map(flagTargets.map(({ name }) => [name, '--target']));
  for (const [index, line] of lines.entries()) {
    const text = line.replace(COMMENT, '').trim();
    if (text === '') continue;
    const where = `${file}:${index + 1}`;
    const target = parseLine(text, where);
    const origin = origins.get(target.name);
    if (origin !== undefined) {
      throw new CliError(
        'invalid-file',
        `${where}: repeats the name '${target.name}' of ${origin}; check ${FLAG}`,
      );
    }
    origins.set(target.name, `line ${index + 1}`);
    targets.push(target);
  }
  // An empty file is one that is being written.
  if (targets.length > flagTargets.length) return targets;
  throw new CliError('invalid-file', `no targets in ${file}; check ${FLAG}`);
}

function parseLine(text: string, where: string): Target {
  const target = parseTarget(text);
  if (target !== undefined) return target;
  const problem = HYPHEN_HOST.test(text)
    ? "a host cannot start with '-'"
    : `not a target: ${targetFault(text)}`;
  throw new CliError('invalid-file', `${where}: ${problem}; check ${FLAG}`);
}
