// The result of a password check (passwordGuard.ts). Pure, because the session uses it too.

/**
 * `notChecked`: the source sent too many wrong passwords or has too many pending, or too many tries
 * of all sources are pending.
 */
export type PasswordResult = 'right' | 'wrong' | 'notChecked';
