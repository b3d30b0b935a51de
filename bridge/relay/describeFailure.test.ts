import { expect, test } from 'vitest';
import { describeFailure, type TargetFailure, targetFailure } from './describeFailure.ts';

const errorWithCode = (code: string) => Object.assign(new Error('failed'), { code });

test('classifies errors of TCP, of certificates and of OpenSSL', () => {
  expect(targetFailure(errorWithCode('ECONNREFUSED'))).toBe('refused');
  expect(targetFailure(errorWithCode('DEPTH_ZERO_SELF_SIGNED_CERT'))).toBe('self_signed');
  expect(targetFailure(errorWithCode('ERR_SSL_WRONG_VERSION_NUMBER'))).toBe('not_tls');
  expect(targetFailure(errorWithCode('ERR_SSL_BAD_DECOMPRESSION'))).toBe('tls_error');
  expect(targetFailure(errorWithCode('EBADF'))).toBe('other');
});

test('describes every failure in a text that fits into a close frame', () => {
  const failures: Record<TargetFailure, true> = {
    refused: true,
    timed_out: true,
    name_not_found: true,
    unreachable: true,
    socket_not_found: true,
    not_a_socket: true,
    permission_denied: true,
    reset: true,
    out_of_descriptors: true,
    other: true,
    not_tls: true,
    tls_version: true,
    tls_closed: true,
    tls_timed_out: true,
    tls_rejected: true,
    tls_error: true,
    client_certificate: true,
    certificate_rejected: true,
    self_signed: true,
    untrusted: true,
    wrong_name: true,
    expired: true,
    not_yet_valid: true,
    invalid_certificate: true,
  };
  const target = { name: 'n'.repeat(32), address: { host: 'internal.example', port: 1 } };
  for (const failure of Object.keys(failures) as TargetFailure[]) {
    const reason = describeFailure(failure, target);
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(reason).not.toContain('internal.example');
  }
});
