import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { VerifyPassword } from './password.ts';
import { PasswordGuard } from './passwordGuard.ts';

/** A verifier whose results the test provides. */
function manualVerifier() {
  const results: ((isRight: boolean) => void)[] = [];
  const verify = () => new Promise<boolean>((resolve) => results.push(resolve));
  return { results, verify };
}

function guardOf(passwords: { shutDown: VerifyPassword; store?: VerifyPassword }) {
  return new PasswordGuard((use: 'shutDown' | 'store') => passwords[use]);
}

const isRight = async (bytes: string) => bytes === 'right';

test('compares a password with the one for its use', async () => {
  const guard = guardOf({ shutDown: isRight, store: async (bytes) => bytes === 'other' });
  expect(await guard.check('a', 'shutDown', 'right')).toBe('right');
  expect(await guard.check('a', 'shutDown', 'other')).toBe('wrong');
  expect(await guard.check('a', 'store', 'other')).toBe('right');
  expect(await guard.check('a', 'store', 'right')).toBe('wrong');
});

test('checks no password of a source after too many wrong ones, not even the right one', async () => {
  const guard = guardOf({ shutDown: isRight });
  for (let tries = 0; tries < 3; tries++) {
    expect(await guard.check('a', 'shutDown', 'guess')).toBe('wrong');
  }
  expect(await guard.check('a', 'shutDown', 'right')).toBe('notChecked');
  expect(await guard.check('b', 'shutDown', 'right')).toBe('right');
});

test('checks at most three simultaneous guesses of one source', async () => {
  const guard = guardOf({ shutDown: isRight });
  const results = await Promise.all(
    Array.from({ length: 20 }, () => guard.check('a', 'shutDown', 'guess')),
  );
  expect(results.filter((result) => result === 'wrong')).toHaveLength(3);
});

test('makes one check at a time, in order of arrival', async () => {
  const { results, verify } = manualVerifier();
  const guard = guardOf({ shutDown: verify });
  const first = guard.check('a', 'shutDown', 'x');
  const second = guard.check('b', 'shutDown', 'x');
  await expect.poll(() => results).toHaveLength(1);
  results[0]?.(false);
  expect(await first).toBe('wrong');
  await expect.poll(() => results).toHaveLength(2);
  results[1]?.(true);
  expect(await second).toBe('right');
});

test('accepts the right password each time, even simultaneously', async () => {
  const guard = guardOf({ shutDown: isRight, store: isRight });
  const results = await Promise.all(
    Array.from({ length: 10 }, () => guard.check('a', 'store', 'right')),
  );
  expect(new Set(results)).toEqual(new Set(['right']));
});

test('counts wrong passwords for one use, although the source knows the other password', async () => {
  const guard = guardOf({ shutDown: isRight, store: isRight });
  const results: string[] = [];
  for (let tries = 0; tries < 5; tries++) {
    results.push(await guard.check('a', 'shutDown', 'guess'));
    await guard.check('a', 'store', 'right');
  }
  expect(results).toEqual(['wrong', 'wrong', 'wrong', 'notChecked', 'notChecked']);
});

test('checks the source with the fewest wrong or pending passwords first', async () => {
  const { results, verify } = manualVerifier();
  const guard = guardOf({ shutDown: verify });
  const order: string[] = [];
  const check = async (source: string) => {
    await guard.check(source, 'shutDown', 'x');
    order.push(source);
  };
  const all = ['attacker', 'attacker', 'attacker', 'owner'].map(check);
  for (let turn = 0; turn < all.length; turn++) {
    await expect.poll(() => results).toHaveLength(turn + 1);
    results[turn]?.(false);
  }
  await Promise.all(all);
  expect(order).toEqual(['attacker', 'owner', 'attacker', 'attacker']);
});

test('rejects a try of the source with the most strikes if more than 500 wait', async () => {
  const { results, verify } = manualVerifier();
  const guard = guardOf({ shutDown: verify });
  const first = guard.check('attacker', 'shutDown', 'x');
  await expect.poll(() => results).toHaveLength(1);
  results[0]?.(false);
  expect(await first).toBe('wrong');

  void guard.check('in progress', 'shutDown', 'x');
  const second = guard.check('attacker', 'shutDown', 'x');
  for (let source = 0; source < 500; source++) {
    void guard.check(`source ${source}`, 'shutDown', 'x');
  }
  expect(await second).toBe('notChecked');
});

test('rejects the fourth different password that a source has pending for one use', async () => {
  const { verify } = manualVerifier();
  const guard = guardOf({ shutDown: verify, store: verify });
  for (const guess of ['1', '2', '3']) void guard.check('a', 'shutDown', guess);
  expect(await guard.check('a', 'shutDown', '4')).toBe('notChecked');
  // A pending password again, a password for another use, and one of another source have to wait.
  const waiting = [
    guard.check('a', 'shutDown', '3'),
    guard.check('a', 'store', '4'),
    guard.check('b', 'shutDown', '4'),
  ];
  const unsettled = Symbol('none is settled');
  expect(await Promise.race([...waiting, setImmediate(unsettled)])).toBe(unsettled);
});

/** A verifier that waits until `release` is called, and records what it verifies. */
function heldVerifier() {
  const checked: string[] = [];
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const verify = async (bytes: string) => {
    await released;
    checked.push(bytes);
    return bytes === 'right';
  };
  return { checked, verify, release };
}

test.each<[what: string, guessOf: (index: number) => string]>([
  ['the same password', () => 'guess'],
  ['different passwords', (index) => `guess ${index}`],
])(
  'checks two newcomers before a source that sends 900 simultaneous tries with %s, and only three tries of that source',
  async (_what, guessOf) => {
    const { checked, verify, release } = heldVerifier();
    const guard = guardOf({ shutDown: verify });
    const flood = Array.from({ length: 900 }, (_, at) =>
      guard.check('attacker', 'shutDown', guessOf(at)),
    );
    const newcomers = ['b', 'c'].map((source) => guard.check(source, 'shutDown', 'right'));
    release();
    expect(await Promise.all(newcomers)).toEqual(['right', 'right']);
    const results = await Promise.all(flood);
    expect(results.filter((result) => result === 'wrong')).toHaveLength(3);
    expect(results.filter((result) => result === 'notChecked')).toHaveLength(897);
    // The first check of the flood was in progress when the newcomers came.
    expect(checked).toEqual([guessOf(0), 'right', 'right', guessOf(1), guessOf(2)]);
  },
);

test('checks all sources without strikes first, and rejects none of them, when 10,000 sources try simultaneously', async () => {
  const { checked, verify, release } = heldVerifier();
  let shutDown: VerifyPassword = async () => false;
  const guard = new PasswordGuard((_use: 'shutDown') => shutDown);
  const attackers = Array.from({ length: 9_800 }, (_, at) => `attacker ${at}`);
  for (const attacker of attackers) await guard.check(attacker, 'shutDown', 'guess');

  shutDown = verify;
  const inProgress = guard.check('another', 'shutDown', 'guess');
  const guesses = attackers.map((attacker) => guard.check(attacker, 'shutDown', 'guess'));
  const newcomers = Array.from({ length: 200 }, (_, at) =>
    guard.check(`newcomer ${at}`, 'shutDown', 'right'),
  );
  release();
  expect(await inProgress).toBe('wrong');
  expect(new Set(await Promise.all(newcomers))).toEqual(new Set(['right']));
  expect((await Promise.all(guesses)).filter((result) => result === 'wrong')).toHaveLength(300);
  expect(checked.lastIndexOf('right')).toBe(200);
});

test('checks a waiting try against the password in force when its turn comes', async () => {
  const { results, verify } = manualVerifier();
  const passwords: { shutDown?: VerifyPassword } = { shutDown: verify };
  const guard = new PasswordGuard((use: 'shutDown') => passwords[use]);
  const first = guard.check('a', 'shutDown', 'old');
  const second = guard.check('b', 'shutDown', 'old');
  const third = guard.check('c', 'shutDown', 'old');
  passwords.shutDown = async (bytes) => {
    delete passwords.shutDown;
    return bytes === 'new';
  };
  results[0]?.(true);
  expect(await Promise.all([first, second, third])).toEqual(['right', 'wrong', 'notChecked']);
});

test('continues with the next try after a check that throws', async () => {
  const verify = async (bytes: string) => {
    if (bytes === 'x') throw new Error('out of memory');
    return true;
  };
  const guard = guardOf({ shutDown: verify });
  await expect(guard.check('a', 'shutDown', 'x')).rejects.toThrow('out of memory');
  expect(await guard.check('b', 'shutDown', 'y')).toBe('right');
});

test('counts a pending or wrong password as a strike, until the right one', async () => {
  const { results, verify } = manualVerifier();
  const guard = guardOf({ shutDown: verify, store: verify });
  const hasNoStrikes = (source: string) => guard.hasNoStrikes(source, 'shutDown');
  expect(hasNoStrikes('a')).toBe(true);

  const wrong = guard.check('a', 'shutDown', 'x');
  const waiting = guard.check('b', 'shutDown', 'x');
  await expect.poll(() => results).toHaveLength(1);
  expect(['a', 'b', 'c'].map(hasNoStrikes)).toEqual([false, false, true]);
  expect(guard.hasNoStrikes('a', 'store')).toBe(true);

  results[0]?.(false);
  await wrong;
  await expect.poll(() => results).toHaveLength(2);
  results[1]?.(true);
  await waiting;
  expect(['a', 'b', 'c'].map(hasNoStrikes)).toEqual([false, true, true]);

  const right = guard.check('a', 'shutDown', 'x');
  await expect.poll(() => results).toHaveLength(3);
  results[2]?.(true);
  await right;
  expect(hasNoStrikes('a')).toBe(true);
});
