import { expect, test } from 'vitest';
import type { VerifyPassword } from '../../access/password.ts';
import { UserPasswords } from './userPasswords.ts';

const HERE = '192.0.2.1';
const ELSEWHERE = '192.0.2.2';

/** Users with these passwords, and the passwords whose hash was checked. */
function usersWith(passwords: Record<string, string>) {
  const checked: string[] = [];
  const users = new Map<string, VerifyPassword>();
  for (const [name, password] of Object.entries(passwords)) {
    users.set(name, async (bytes) => {
      checked.push(bytes);
      return bytes === Buffer.from(password, 'utf8').toString('latin1');
    });
  }
  return { users, checked };
}

test('checks the password of each user, in UTF-8', async () => {
  const { users } = usersWith({ anna: 'Grüße 👋', bert: 'beta' });
  const passwords = new UserPasswords(users);
  expect(await passwords.check(HERE, 'anna', 'Grüße 👋')).toBe('right');
  expect(await passwords.check(HERE, 'bert', 'beta')).toBe('right');
  expect(await passwords.check(HERE, 'bert', 'Grüße 👋')).toBe('wrong');
  expect(await passwords.check(HERE, 'carl', 'beta')).toBe('wrong');
  expect(await passwords.check(HERE, '', '')).toBe('wrong');
});

test('verifies a correct password once for all sources', async () => {
  const { users, checked } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  const check = (address: string) => passwords.check(address, 'anna', 'alpha');
  expect(await check(HERE)).toBe('right');
  expect(await Promise.all([HERE, HERE, ELSEWHERE, HERE].map(check))).toEqual(
    Array.from({ length: 4 }, () => 'right'),
  );
  expect(checked).toEqual(['alpha']);
});

test('verifies one of many simultaneous requests', async () => {
  const { users, checked } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  const results = await Promise.all(
    Array.from({ length: 10 }, () => passwords.check(HERE, 'anna', 'alpha')),
  );
  expect(new Set(results)).toEqual(new Set(['right']));
  expect(checked).toEqual(['alpha']);
});

test('checks no password of a source after its wrong ones, not even a cached one; checks those of others', async () => {
  const { users } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  expect(await passwords.check(HERE, 'anna', 'alpha')).toBe('right');
  for (let tries = 0; tries < 3; tries++) {
    expect(await passwords.check(HERE, 'anna', 'guess')).toBe('wrong');
  }
  expect(await passwords.check(HERE, 'anna', 'alpha')).toBe('notChecked');
  expect(await passwords.check(ELSEWHERE, 'anna', 'alpha')).toBe('right');
});

test('limits simultaneous guesses, even if the cached password is among them', async () => {
  const { users, checked } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  expect(await passwords.check(ELSEWHERE, 'anna', 'alpha')).toBe('right');
  const guesses = [...Array.from({ length: 50 }, (_, index) => `guess ${index}`), 'alpha'];
  const results = await Promise.all(guesses.map((guess) => passwords.check(HERE, 'anna', guess)));
  expect(results.slice(0, 3)).toEqual(['wrong', 'wrong', 'wrong']);
  expect(new Set(results.slice(3))).toEqual(new Set(['notChecked']));
  expect(checked).toEqual(['alpha', 'guess 0', 'guess 1', 'guess 2']);
});

test('checks unknown users like existing ones, and rejects them', async () => {
  const { users, checked } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  expect(await passwords.check(HERE, 'nobody', 'alpha')).toBe('wrong');
  expect(await passwords.check(HERE, 'nobody', 'alpha')).toBe('wrong');
  expect(await passwords.check(ELSEWHERE, 'nobody', 'guess')).toBe('wrong');
  expect(checked).toEqual(['alpha', 'guess']);
});

test('does not reveal by its limits which names exist', async () => {
  const { users } = usersWith({ anna: 'alpha', bert: 'beta', carl: 'gamma' });
  const passwords = new UserPasswords(users);
  for (let name = 0; name < 100; name++) await passwords.check(HERE, `unknown ${name}`, 'guess');
  for (const [at, name] of ['anna', 'bert', 'carl', 'dora', 'emil', 'fritz'].entries()) {
    expect(await passwords.check(HERE, name, 'guess')).toBe('notChecked');
    // A source each: unknown names that count as the same user would use up the tries of one
    // source.
    expect(await passwords.check(`198.51.100.${at}`, name, 'guess')).toBe('wrong');
  }
});

test('counts an IPv6 source by its /64, and an IPv4 source the same in both notations', async () => {
  const { users } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:0:3::3']) {
    expect(await passwords.check(address, 'anna', 'guess')).toBe('wrong');
  }
  expect(await passwords.check('2001:db8::4', 'anna', 'alpha')).toBe('notChecked');
  expect(await passwords.check('2001:db8:0:1::1', 'anna', 'alpha')).toBe('right');

  for (const address of [HERE, `::ffff:${HERE}`, HERE]) {
    expect(await passwords.check(address, 'anna', 'guess')).toBe('wrong');
  }
  expect(await passwords.check(`::ffff:${HERE}`, 'anna', 'alpha')).toBe('notChecked');
});

test('rejects an overlong password without verifying it', async () => {
  const { users, checked } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  expect(await passwords.check(HERE, 'anna', 'ä'.repeat(2049))).toBe('wrong');
  expect(checked).toEqual([]);
});

test('replaces the users, and keeps the strikes', async () => {
  const passwords = new UserPasswords(usersWith({ anna: 'alpha', bert: 'beta' }).users);
  expect(await passwords.check(HERE, 'anna', 'alpha')).toBe('right');
  for (let tries = 0; tries < 3; tries++) await passwords.check(ELSEWHERE, 'anna', 'guess');

  const { users, checked } = usersWith({ anna: 'omega' });
  passwords.replace(users);
  expect(await passwords.check(HERE, 'anna', 'alpha')).toBe('wrong');
  expect(await passwords.check(HERE, 'anna', 'omega')).toBe('right');
  expect(await passwords.check(HERE, 'bert', 'beta')).toBe('wrong');
  expect(await passwords.check(ELSEWHERE, 'anna', 'omega')).toBe('notChecked');
  expect(checked).toEqual(['alpha', 'omega', 'beta']);
});

test('does not cache a check that was running while the users were replaced', async () => {
  let answer = (_isRight: boolean): void => {};
  const slow: VerifyPassword = () =>
    new Promise((resolve) => {
      answer = resolve;
    });
  const passwords = new UserPasswords(new Map([['anna', slow]]));
  const first = passwords.check(HERE, 'anna', 'alpha');
  passwords.replace(usersWith({ anna: 'omega' }).users);
  answer(true);
  await first;
  expect(await passwords.check(HERE, 'anna', 'alpha')).toBe('wrong');
});

test('revokes every login when the users are replaced', () => {
  const { users } = usersWith({ anna: 'alpha' });
  const passwords = new UserPasswords(users);
  const token = passwords.logins.issue('anna', 'here');
  expect(passwords.logins.userOf(token, 'here')).toBe('anna');
  passwords.replace(users);
  expect(passwords.logins.userOf(token, 'here')).toBeUndefined();
});
