import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { hashPassword } from '../../access/password.ts';
import { CliError } from '../cliError.ts';
import { readUsersFile } from './usersFile.ts';

/** A valid hash with the lowest cost, of an unknown password. */
const HASH = `$scrypt$ln=1,r=1,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

async function fileWith(text: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'motd-users-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'users');
  await writeFile(file, text, { mode: 0o600 });
  return file;
}

test('reads a name and a hash from each line', async () => {
  const file = await fileWith(`anna:${await hashPassword('a secret')}\njörg m.:${HASH}\n`);
  const users = readUsersFile(file);
  expect([...users.keys()]).toEqual(['anna', 'jörg m.']);
  expect(await users.get('anna')?.('a secret')).toBe(true);
  expect(await users.get('anna')?.('no secret')).toBe(false);
});

test('skips blank lines, comments, CR and a byte order mark', async () => {
  const file = await fileWith(`\ufeffanna:${HASH}\r\n\r\n  # bert:gone\n\t\n#\ncarl:${HASH}`);
  expect([...readUsersFile(file).keys()]).toEqual(['anna', 'carl']);
});

test('accepts the property names of objects as user names', async () => {
  const users = readUsersFile(await fileWith(`toString:${HASH}\n__proto__:${HASH}\n`));
  expect([...users.keys()]).toEqual(['toString', '__proto__']);
  expect(users.has('constructor')).toBe(false);
});

for (const [mistake, text, error] of [
  ['a line without a hash', `anna:${HASH}\n# one more\nbert\n`, /^line 3 of .* is not NAME:HASH;/],
  ['a password in clear', 'anna:hunter22\n', /^line 1 of .* is not NAME:HASH;/],
  ['a hash without a name', `:${HASH}\n`, /^line 1 of .* is not NAME:HASH;/],
  ['a name of white space', `anna:${HASH}\n \t:${HASH}\n`, /^line 2 of .* is not NAME:HASH;/],
  ['a third part', `anna:${HASH}:admin\n`, /^line 1 of .* is not NAME:HASH;/],
  ['a repeated name', `anna:${HASH}\n\nanna :${HASH}\n`, /^line 3 of .* repeats a user name;/],
  ['no user at all', '# nobody\n\n', /^no users in /],
] as const) {
  test(`rejects ${mistake}, and names the line without its content`, async () => {
    const file = await fileWith(text);
    const read = () => readUsersFile(file);
    expect(read).toThrow(CliError);
    expect(read).toThrow(error);
    expect(read).toThrow(/^[^$\n]*--users-file[^$\n]*$/);
    expect(read).not.toThrow(/hunter22/);
  });
}
