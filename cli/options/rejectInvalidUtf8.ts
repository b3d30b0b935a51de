// Rejects arguments and variables that are not UTF-8. Node decodes them with U+FFFD in place of
// invalid bytes, so the command would store a text, or open a file, that was not meant.

import type { Command } from 'commander';
import { REPLACEMENT } from '../../protocol/utf8.ts';
import { UsageError } from '../cliError.ts';

/** @throws UsageError if one of the command's arguments or variables was not UTF-8. */
export function rejectInvalidUtf8(command: Command): void {
  const what = invalidArgument(command) ?? invalidVariable(command);
  if (what === undefined) return;
  throw new UsageError(
    'not-utf8',
    `${what} is not UTF-8, or contains U+FFFD; check the locale, or convert it with iconv`,
  );
}

/** @returns A description without the value, which may be a password. */
function invalidArgument(command: Command): string | undefined {
  const args = process.argv.slice(2);
  const index = args.findIndex((arg) => arg.includes(REPLACEMENT));
  if (index === -1) return undefined;
  const flag = flagIn(args[index]) ?? flagIn(args[index - 1]);
  const option = flag && command.options.find(({ long, short }) => long === flag || short === flag);
  return option && !option.isBoolean() ? `the value of ${flag}` : 'an argument';
}

/** @returns The flag in an argument such as `--message`, `--message=TEXT` or `-mTEXT`. */
function flagIn(arg = ''): string | undefined {
  return /^(?:--[\w-]+|-\w)/.exec(arg)?.[0];
}

function invalidVariable(command: Command): string | undefined {
  return command.options.find(
    (option) =>
      command.getOptionValueSource(option.attributeName()) === 'env' &&
      process.env[option.envVar ?? '']?.includes(REPLACEMENT),
  )?.envVar;
}
