import { expect, test } from 'vitest';
import {
  connectFailure,
  describeFileError,
  errorCode,
  failurePredicate,
  hasErrorCode,
  tlsFailure,
} from './systemErrors.ts';

const errorWithCode = (code: string) => Object.assign(new Error('connect failed'), { code });

test('returns a code for Error objects only', () => {
  expect(errorCode(errorWithCode('ECONNREFUSED'))).toBe('ECONNREFUSED');
  expect(errorCode(new Error('no code'))).toBeUndefined();
  expect(errorCode({ code: 'ECONNREFUSED' })).toBeUndefined();
  expect(hasErrorCode(errorWithCode('EIO'), ['ENXIO', 'EIO'])).toBe(true);
  expect(hasErrorCode(new Error('no code'), ['ENXIO', 'EIO'])).toBe(false);
});

test.each([
  ['ECONNREFUSED', 'refused', 'refused the connection'],
  ['EAI_AGAIN', 'name_not_found', 'has an unknown host name'],
  ['EPIPE', 'reset', 'reset the connection'],
  ['EBADF', 'other', 'cannot be reached'],
] as const)('describes %s of a connection as %s', (code, failure, predicate) => {
  expect(connectFailure(errorWithCode(code))).toBe(failure);
  expect(failurePredicate(failure)).toBe(predicate);
});

test('distinguishes TLS errors from others', () => {
  expect(tlsFailure(errorWithCode('SELF_SIGNED_CERT_IN_CHAIN'))).toBe('untrusted');
  expect(tlsFailure(errorWithCode('ECONNREFUSED'))).toBeUndefined();
});

test('describes a file error with its code, and an unknown one by its code alone', () => {
  expect(describeFileError('EROFS')).toBe('its file system is read-only (EROFS)');
  expect(describeFileError('EIO')).toBe('EIO');
});
