import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hashPassword } from '../../access/password.ts';
import { CliError } from '../cliError.ts';
import { readUsersFile } from './usersFile.ts';

/** Sound, quick to make, and nobody's. */
const HASH = `$scrypt$ln=1,r=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'motd-users-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'users');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

test('a line is a name and what hash-password wrote', async () => {
  const file = await fileWith(`anna:${await hashPassword('a secret')}\njörg m.:${HASH}\n`);
  const users = readUsersFile(file);
  expect([...users.keys()]).toEqual(['anna', 'jörg m.']);
  expect(await users.get('anna')?.('a secret')).toBe(true);
  expect(await users.get('anna')?.('no secret')).toBe(false);
});

test('blank lines and comments are left out, and CR and a byte order mark are no part of a line', async () => {
  const file = await fileWith(`\ufeffanna:${HASH}\r\n\r\n  # bert:gone\n\t\n#\ncarl:${HASH}`);
  expect([...readUsersFile(file).keys()]).toEqual(['anna', 'carl']);
});

test('names that objects know are names like any other', async () => {
  const users = readUsersFile(await fileWith(`toString:${HASH}\n__proto__:${HASH}\n`));
  expect([...users.keys()]).toEqual(['toString', '__proto__']);
  expect(users.has('constructor')).toBe(false);
});

for (const [mistake, text, words] of [
  ['a line without a hash', `anna:${HASH}\n# one more\nbert\n`, /^line 3 of .* is not NAME:HASH;/],
  ['a password in clear', 'anna:hunter22\n', /^line 1 of .* is not NAME:HASH;/],
  ['a hash without a name', `:${HASH}\n`, /^line 1 of .* is not NAME:HASH;/],
  ['a name of white space', `anna:${HASH}\n \t:${HASH}\n`, /^line 2 of .* is not NAME:HASH;/],
  ['a third part', `anna:${HASH}:admin\n`, /^line 1 of .* is not NAME:HASH;/],
  ['a name said twice', `anna:${HASH}\n\nanna :${HASH}\n`, /^line 3 of .* names a user again;/],
  ['no user at all', '# nobody\n\n', /^no users in /],
] as const) {
  test(`${mistake} is the operator's mistake: its line is named, not shown`, async () => {
    const file = await fileWith(text);
    const read = () => readUsersFile(file);
    expect(read).toThrow(CliError);
    expect(read).toThrow(words);
    expect(read).toThrow(/^[^$\n]*--users-file[^$\n]*$/);
    expect(read).not.toThrow(/hunter22/);
  });
}
