import { expect, test } from 'vitest';
import {
  connectFailure,
  describeFileError,
  errorCode,
  failurePredicate,
  hasErrorCode,
  tlsFailure,
} from './systemErrors.ts';

const withCode = (code: string) => Object.assign(new Error('connect failed'), { code });

test('finds the code of an error, and none in anything else', () => {
  expect(errorCode(withCode('ECONNREFUSED'))).toBe('ECONNREFUSED');
  expect(errorCode(new Error('no code'))).toBeUndefined();
  expect(errorCode({ code: 'ECONNREFUSED' })).toBeUndefined();
  expect(hasErrorCode(withCode('EIO'), ['ENXIO', 'EIO'])).toBe(true);
  expect(hasErrorCode(new Error('no code'), ['ENXIO', 'EIO'])).toBe(false);
});

test.each([
  ['ECONNREFUSED', 'refused', 'refused the connection'],
  ['EAI_AGAIN', 'name_not_found', 'has an unknown host name'],
  ['EPIPE', 'reset', 'reset the connection'],
  ['EBADF', 'other', 'cannot be connected to'],
] as const)('describes %s of a connection as %s', (code, failure, words) => {
  expect(connectFailure(withCode(code))).toBe(failure);
  expect(failurePredicate(failure)).toBe(words);
});

test('knows a TLS error from another one', () => {
  expect(tlsFailure(withCode('SELF_SIGNED_CERT_IN_CHAIN'))).toBe('untrusted');
  expect(tlsFailure(withCode('ECONNREFUSED'))).toBeUndefined();
});

test('describes a file error with its code, and an unknown one by its code alone', () => {
  expect(describeFileError('EROFS')).toBe('its file system is read-only (EROFS)');
  expect(describeFileError('EIO')).toBe('EIO');
});
