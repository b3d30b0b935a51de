// Reads the file of `+profile=FILE`: JSON that describes a target for its page. Every user of the
// page reads it, so it is checked here, and everything in it is bounded.

import { basename } from 'node:path';
import { errorMessage } from '../../access/errorMessage.ts';
import type { Profile } from '../../bridge/relay/profile.ts';
import { escapeControls, isPlainText } from '../../protocol/plainText.ts';
import { CliError } from '../cliError.ts';
import { decodeText } from './decodeText.ts';
import { readFile } from './readFile.ts';
import { patternFault } from './safePattern.ts';

const MAX_BYTES = 64 * 1024;

/** How many entries a list may have. */
const MAX_ENTRIES = 200;

/** The maximum lengths of texts, in UTF-16 units. */
const MAX_TITLE = 60;
const MAX_COMMAND = 80;
const MAX_TEXT = 500;

/** How much of an unknown key a fault shows. */
const MAX_SHOWN_KEY = 40;

/** @returns The value. */
type Check<Value> = (value: unknown, place: string) => Value;

/** @throws CliError that names the file and the place in it. */
export function readProfile(file: string): Profile {
  const name = basename(file);
  const text = decodeText(readFile(file, '+profile', MAX_BYTES).toString('latin1'), name);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CliError(
      'invalid-file',
      `${name}: invalid JSON: ${errorMessage(error)}; check +profile`,
    );
  }
  try {
    return checkProfile(value, '');
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new CliError('invalid-file', `${name}: ${error.message}`);
  }
}

class Fault extends Error {}

function fault(place: string, what: string): Fault {
  return new Fault(place === '' ? what : `${place}: ${what}`);
}

function unknownKey(place: string, key: string, known: readonly string[]): Fault {
  const characters = Array.from(escapeControls(key));
  const start = characters.slice(0, MAX_SHOWN_KEY).join('');
  const shown = characters.length > MAX_SHOWN_KEY ? `${start}…` : start;
  return fault(place, `unknown key “${shown}”; the keys are ${known.join(', ')}`);
}

function text(maxLength: number): Check<string> {
  return (value, place) => {
    if (typeof value !== 'string') throw fault(place, 'not a text');
    if (value.trim() === '') throw fault(place, 'the text is empty');
    if (value.length > maxLength) throw fault(place, `longer than ${maxLength} characters`);
    if (!isPlainText(value) || value.includes('\t'))
      throw fault(place, 'a control character or a bidi control is not allowed');
    return value;
  };
}

function listOf<Value>(check: Check<Value>): Check<Value[]> {
  return (value, place) => {
    if (!Array.isArray(value)) throw fault(place, 'not a list');
    if (value.length > MAX_ENTRIES) throw fault(place, `more than ${MAX_ENTRIES} entries`);
    return value.map((entry, index) => check(entry, `${place}[${index}]`));
  };
}

/** Texts that differ. */
function distinct(check: Check<string[]>): Check<string[]> {
  return (value, place) => {
    const all = check(value, place);
    const repeated = all.findIndex((one, index) => all.indexOf(one) !== index);
    if (repeated !== -1) throw fault(`${place}[${repeated}]`, 'repeats another entry');
    return all;
  };
}

/** An object with these keys and no others. All are optional. */
function object<Value extends object>(
  checks: {
    [Key in keyof Value]-?: Check<NonNullable<Value[Key]>>;
  },
): Check<Partial<Value>> {
  const known: ReadonlyMap<string, Check<unknown>> = new Map(Object.entries(checks));
  return (value, place) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw fault(place, 'not an object');
    const checked: Partial<Value> = {};
    for (const [key, entry] of Object.entries(value)) {
      const check = known.get(key);
      if (check === undefined) throw unknownKey(place, key, [...known.keys()]);
      const path = place === '' ? key : `${place}.${key}`;
      Object.assign(checked, { [key]: check(entry, path) });
    }
    return checked;
  };
}

const checkRow = object<{ command: string; text: string }>({
  command: text(MAX_COMMAND),
  text: text(MAX_TEXT),
});

const checkHelp: Check<{ command: string; text: string }> = (value, place) => {
  const { command, text: meaning } = checkRow(value, place);
  if (command === undefined || meaning === undefined)
    throw fault(place, 'command and text are required');
  return { command, text: meaning };
};

/** It begins with the command itself: a space there would keep the line out of the history. */
const checkCommand: Check<string> = (value, place) => {
  const command = text(MAX_COMMAND)(value, place);
  if (command.startsWith(' ')) throw fault(place, 'begins with a space');
  return command;
};

const checkPattern: Check<string> = (value, place) => {
  const pattern = text(MAX_TEXT)(value, place);
  const problem = patternFault(pattern);
  if (problem !== undefined) throw fault(place, problem);
  return pattern;
};

const checkLineEnd: Check<'lf' | 'crlf'> = (value, place) => {
  if (value !== 'lf' && value !== 'crlf') throw fault(place, 'neither "lf" nor "crlf"');
  return value;
};

const checkProfile: Check<Profile> = object<Profile>({
  title: text(MAX_TITLE),
  commands: distinct(listOf(checkCommand)),
  intro: text(MAX_TEXT),
  help: listOf(checkHelp),
  passwordPrompt: checkPattern,
  lineEnd: checkLineEnd,
  secretCommands: distinct(listOf(checkCommand)),
});
