import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { VerifyPassword } from './password.ts';
import { PasswordGuard } from './passwordGuard.ts';

/** A check that is answered by hand. */
function slowCheck() {
  const open: ((isRight: boolean) => void)[] = [];
  const verify = () => new Promise<boolean>((resolve) => open.push(resolve));
  return { open, verify };
}

function guardOf(passwords: { shutDown: VerifyPassword; store?: VerifyPassword }) {
  return new PasswordGuard((use: 'shutDown' | 'store') => passwords[use]);
}

const isRight = async (bytes: string) => bytes === 'right';

test('says whether a password is right for what it is for', async () => {
  const guard = guardOf({ shutDown: isRight, store: async (bytes) => bytes === 'other' });
  expect(await guard.check('a', 'shutDown', 'right')).toBe('right');
  expect(await guard.check('a', 'shutDown', 'other')).toBe('wrong');
  expect(await guard.check('a', 'store', 'other')).toBe('right');
  expect(await guard.check('a', 'store', 'right')).toBe('wrong');
});

test('a source that was wrong too often is refused even with the right password', async () => {
  const guard = guardOf({ shutDown: isRight });
  for (let tries = 0; tries < 3; tries++) {
    expect(await guard.check('a', 'shutDown', 'guess')).toBe('wrong');
  }
  expect(await guard.check('a', 'shutDown', 'right')).toBe('refused');
  expect(await guard.check('b', 'shutDown', 'right')).toBe('right');
});

test('many guesses at once are no way around', async () => {
  const guard = guardOf({ shutDown: isRight });
  const verdicts = await Promise.all(
    Array.from({ length: 20 }, () => guard.check('a', 'shutDown', 'guess')),
  );
  expect(verdicts.filter((verdict) => verdict === 'wrong')).toHaveLength(3);
});

test('one check is made at a time, in the order they came', async () => {
  const { open, verify } = slowCheck();
  const guard = guardOf({ shutDown: verify });
  const first = guard.check('a', 'shutDown', 'x');
  const second = guard.check('b', 'shutDown', 'x');
  await expect.poll(() => open).toHaveLength(1);
  open[0]?.(false);
  expect(await first).toBe('wrong');
  await expect.poll(() => open).toHaveLength(2);
  open[1]?.(true);
  expect(await second).toBe('right');
});

test('the right password is right as often as it is said, also at once', async () => {
  const guard = guardOf({ shutDown: isRight, store: isRight });
  const verdicts = await Promise.all(
    Array.from({ length: 10 }, () => guard.check('a', 'store', 'right')),
  );
  expect(new Set(verdicts)).toEqual(new Set(['right']));
});

test('who knows one password may not guess the other', async () => {
  const guard = guardOf({ shutDown: isRight, store: isRight });
  const verdicts: string[] = [];
  for (let tries = 0; tries < 5; tries++) {
    verdicts.push(await guard.check('a', 'shutDown', 'guess'));
    await guard.check('a', 'store', 'right');
  }
  expect(verdicts).toEqual(['wrong', 'wrong', 'wrong', 'refused', 'refused']);
});

test('who was wrong least goes first', async () => {
  const { open, verify } = slowCheck();
  const guard = guardOf({ shutDown: verify });
  const order: string[] = [];
  const check = async (source: string) => {
    await guard.check(source, 'shutDown', 'x');
    order.push(source);
  };
  const all = ['guesser', 'guesser', 'guesser', 'owner'].map(check);
  for (let turn = 0; turn < all.length; turn++) {
    await expect.poll(() => open).toHaveLength(turn + 1);
    open[turn]?.(false);
  }
  await Promise.all(all);
  expect(order).toEqual(['guesser', 'owner', 'guesser', 'guesser']);
});

test('of more than 500 that wait, the one that was wrong most is refused', async () => {
  const { open, verify } = slowCheck();
  const guard = guardOf({ shutDown: verify });
  const first = guard.check('guesser', 'shutDown', 'x');
  await expect.poll(() => open).toHaveLength(1);
  open[0]?.(false);
  expect(await first).toBe('wrong');

  void guard.check('under way', 'shutDown', 'x');
  const second = guard.check('guesser', 'shutDown', 'x');
  for (let source = 0; source < 500; source++) {
    void guard.check(`source ${source}`, 'shutDown', 'x');
  }
  expect(await second).toBe('refused');
});

test('a source has at most three different passwords pending for one use; the next is refused at once', async () => {
  const { verify } = slowCheck();
  const guard = guardOf({ shutDown: verify, store: verify });
  for (const guess of ['1', '2', '3']) void guard.check('a', 'shutDown', guess);
  expect(await guard.check('a', 'shutDown', '4')).toBe('refused');
  // The same as one that is pending, one for another use, one of another source: all of these wait.
  const waiting = [
    guard.check('a', 'shutDown', '3'),
    guard.check('a', 'store', '4'),
    guard.check('b', 'shutDown', '4'),
  ];
  const none = Symbol('none is settled');
  expect(await Promise.race([...waiting, setImmediate(none)])).toBe(none);
});

/** A check that answers `right` and notes what it is asked, once it is open. */
function gatedCheck() {
  const checked: string[] = [];
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const verify = async (bytes: string) => {
    await gate;
    checked.push(bytes);
    return bytes === 'right';
  };
  return { checked, verify, open };
}

test.each<[what: string, guessOf: (at: number) => string]>([
  ['the same password', () => 'guess'],
  ['different passwords', (at) => `guess ${at}`],
])(
  'of 900 tries at once with %s, one source gets three checks, after those of two newcomers',
  async (_what, guessOf) => {
    const { checked, verify, open } = gatedCheck();
    const guard = guardOf({ shutDown: verify });
    const flood = Array.from({ length: 900 }, (_, at) =>
      guard.check('guesser', 'shutDown', guessOf(at)),
    );
    const newcomers = ['b', 'c'].map((source) => guard.check(source, 'shutDown', 'right'));
    open();
    expect(await Promise.all(newcomers)).toEqual(['right', 'right']);
    const verdicts = await Promise.all(flood);
    expect(verdicts.filter((verdict) => verdict === 'wrong')).toHaveLength(3);
    expect(verdicts.filter((verdict) => verdict === 'refused')).toHaveLength(897);
    // The first of the flood had begun before the newcomers came.
    expect(checked).toEqual(
      [0, 'right', 'right', 1, 2].map((at) => (at === 'right' ? at : guessOf(Number(at)))),
    );
  },
);

test('when 10,000 sources try at once, those that were never wrong are checked first, and none of them is refused', async () => {
  const { checked, verify, open } = gatedCheck();
  let shutDown: VerifyPassword = async () => false;
  const guard = new PasswordGuard((_use: 'shutDown') => shutDown);
  const guessers = Array.from({ length: 9_800 }, (_, at) => `guesser ${at}`);
  for (const guesser of guessers) await guard.check(guesser, 'shutDown', 'guess');

  shutDown = verify;
  const underWay = guard.check('another', 'shutDown', 'guess');
  const guesses = guessers.map((guesser) => guard.check(guesser, 'shutDown', 'guess'));
  const newcomers = Array.from({ length: 200 }, (_, at) =>
    guard.check(`newcomer ${at}`, 'shutDown', 'right'),
  );
  open();
  expect(await underWay).toBe('wrong');
  expect(new Set(await Promise.all(newcomers))).toEqual(new Set(['right']));
  expect((await Promise.all(guesses)).filter((verdict) => verdict === 'wrong')).toHaveLength(300);
  expect(checked.lastIndexOf('right')).toBe(200);
});

test('what waits is checked against the password of its turn', async () => {
  const { open, verify } = slowCheck();
  const passwords: { shutDown?: VerifyPassword } = { shutDown: verify };
  const guard = new PasswordGuard((use: 'shutDown') => passwords[use]);
  const first = guard.check('a', 'shutDown', 'old');
  const second = guard.check('b', 'shutDown', 'old');
  const third = guard.check('c', 'shutDown', 'old');
  passwords.shutDown = async (bytes) => {
    delete passwords.shutDown;
    return bytes === 'new';
  };
  open[0]?.(true);
  expect(await Promise.all([first, second, third])).toEqual(['right', 'wrong', 'refused']);
});

test('a check that throws holds up nobody', async () => {
  const verify = async (bytes: string) => {
    if (bytes === 'x') throw new Error('out of memory');
    return true;
  };
  const guard = guardOf({ shutDown: verify });
  await expect(guard.check('a', 'shutDown', 'x')).rejects.toThrow('out of memory');
  expect(await guard.check('b', 'shutDown', 'y')).toBe('right');
});

test('a source is suspected while a check of its waits, and once it was wrong, until it is right', async () => {
  const { open, verify } = slowCheck();
  const guard = guardOf({ shutDown: verify, store: verify });
  const hasNoStrikes = (source: string) => guard.hasNoStrikes(source, 'shutDown');
  expect(hasNoStrikes('a')).toBe(true);

  const wrong = guard.check('a', 'shutDown', 'x');
  const waiting = guard.check('b', 'shutDown', 'x');
  await expect.poll(() => open).toHaveLength(1);
  expect(['a', 'b', 'c'].map(hasNoStrikes)).toEqual([false, false, true]);
  expect(guard.hasNoStrikes('a', 'store')).toBe(true);

  open[0]?.(false);
  await wrong;
  await expect.poll(() => open).toHaveLength(2);
  open[1]?.(true);
  await waiting;
  expect(['a', 'b', 'c'].map(hasNoStrikes)).toEqual([false, true, true]);

  const right = guard.check('a', 'shutDown', 'x');
  await expect.poll(() => open).toHaveLength(3);
  open[2]?.(true);
  await right;
  expect(hasNoStrikes('a')).toBe(true);
});
