import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { expect, test } from 'vitest';
import {
  describeFailure,
  explainFailure,
  type TargetFailure,
  targetFailure,
} from './describeFailure.ts';

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

test('shows the operator which names a certificate has, and which check failed', () => {
  const altNames = 'DNS:a.example, DNS:b.example';
  const wrongName = checkServerIdentity('c.example', certificateFor(altNames));
  expect(explainFailure(wrongName, { name: 'irc' })).toBe(
    'irc has a certificate for another name ' +
      `(Host: c.example. is not in the cert's altnames: ${altNames})`,
  );
  expect(explainFailure(errorWithCode('CERT_HAS_EXPIRED'), { name: 'irc' })).toBe(
    'irc has an expired certificate (CERT_HAS_EXPIRED)',
  );
  expect(explainFailure(errorWithCode('ECONNREFUSED'), { name: 'irc' })).toBe(
    'irc refused the connection: is it running?',
  );
  expect(explainFailure(errorWithCode('EBADF'), { name: 'irc' })).toBe(
    'irc cannot be reached (failed)',
  );
});

test('bounds what it shows of a certificate with many names', () => {
  const error = checkServerIdentity('c.example', certificateFor('DNS:a.example, '.repeat(10_000)));
  expect(explainFailure(error, { name: 'irc' }).length).toBeLessThan(400);
});

function certificateFor(altNames: string): PeerCertificate {
  return { subject: { CN: 'a.example' }, subjectaltname: altNames } as PeerCertificate;
}
