// The result of a password check (passwordGuard.ts). Pure, because the session uses it too.

/**
 * `notChecked`: the source sent too many wrong passwords, or too many tries are pending, of the
 * source or in total.
 */
export type PasswordResult = 'right' | 'wrong' | 'notChecked';
