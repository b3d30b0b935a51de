import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { patternFault } from './safePattern.ts';

test.each([
  '^password: ?$',
  'password|passphrase',
  'enter .*pin',
  '[Pp]ass\\w+:',
  '\\[sudo\\]',
  'mot de passé',
])('accepts %s', (pattern) => {
  expect(patternFault(pattern)).toBeUndefined();
});

test.each([
  '(a+)+$',
  '(a|a)*$',
  '(?:a*)*b',
  '(a)\\1',
  '(?=a+)b',
  'a{1,100}',
  'a+?',
  'a**',
  '.*.*.*x',
  'a?a?a?aaa',
  '(a|a)(a|a)(a|a)x',
  '\\p{L}',
  '[z-a]',
  '*',
  'a\\',
  '(',
])('rejects %s', (pattern) => {
  expect(patternFault(pattern)).toBeDefined();
});

// The page has no deadline. A match that takes exponential time would exceed any.
test.each(['a*a*$', '.*.*x', '[a-z]+[a-z]+!', 'a+a+b|x'])(
  'accepts %s, whose match ends at the longest prompt, too',
  (pattern) => {
    expect(patternFault(pattern)).toBeUndefined();
    expect(isMatchEnding(pattern, 30_000)).toBe(true);
  },
);

test('rejects a pattern whose match does not end', () => {
  expect(patternFault('(a+)+$')).toBeDefined();
  expect(isMatchEnding('(a+)+$', 100)).toBe(false);
});

/** Whether a match ends by a deadline: a prompt has no more characters (client/dialogue/serviceOutput.ts). */
function isMatchEnding(pattern: string, deadlineMs: number): boolean {
  const text = `${'a'.repeat(255)}?`;
  try {
    runInNewContext(
      'new RegExp(pattern, "iu").test(text)',
      { pattern, text },
      { timeout: deadlineMs },
    );
    return true;
  } catch {
    return false;
  }
}
