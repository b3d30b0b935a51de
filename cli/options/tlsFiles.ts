// Reads the certificate and key of a TLS server.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { errorMessage } from '../../access/errorMessage.ts';
import { CliError, UsageError } from '../cliError.ts';
import type { TlsOptions } from './options.ts';
import { readFile } from './readFile.ts';
import { readSecret } from './secretFile.ts';

const CLIENT_CA = '--tls-client-ca';

/** RFC 7468, section 5.1. */
const CERTIFICATE_BEGIN = '-----BEGIN CERTIFICATE-----';

/** The certificate of a TLS server, its key, and the lowest version it accepts. */
export interface TlsIdentity {
  cert: Buffer;
  key: Buffer;
  minVersion: 'TLSv1.2';
  /** Those that sign the certificates of clients, which are required then. */
  ca?: Buffer;
}

/**
 * @returns `undefined` if neither flag is given: no TLS.
 * @throws CliError if one is missing, or a file is invalid.
 */
export function readTlsIdentity({
  tlsCert,
  tlsKey,
  tlsClientCa,
}: TlsOptions): TlsIdentity | undefined {
  const identity = readIdentity(tlsCert, tlsKey, { cert: '--tls-cert', key: '--tls-key' });
  if (tlsClientCa === undefined) return identity;
  if (identity === undefined)
    throw new UsageError('missing-flag', '--tls-client-ca needs --tls-cert and --tls-key');
  const ca = readCa(tlsClientCa, CLIENT_CA);
  return checkUsable({ ...identity, ca }, tlsClientCa, CLIENT_CA);
}

/** Like `readTlsIdentity`, for any pair of flags. */
export function readIdentity(
  certFile: string | undefined,
  keyFile: string | undefined,
  flags: { cert: string; key: string },
): TlsIdentity | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new UsageError('missing-flag', `TLS needs both ${flags.cert} and ${flags.key}`);
  }
  const cert = readFile(certFile, flags.cert);
  const certificate = firstCertificateIn(cert, certFile, flags.cert);
  return readSecret(keyFile, flags.key, (key) => {
    const privateKey = tryParse(() => createPrivateKey(key));
    if (privateKey === undefined) {
      throw new CliError(
        'invalid-tls-file',
        `no unencrypted private key (PEM) in ${keyFile}; check ${flags.key}`,
      );
    }
    if (!certificate.checkPrivateKey(privateKey)) {
      throw new CliError(
        'invalid-tls-file',
        `the key in ${keyFile} does not match the certificate in ${certFile}; check ${flags.key}`,
      );
    }
    return checkUsable({ cert, key, minVersion: 'TLSv1.2' }, certFile, flags.cert);
  });
}

/** @returns The certificates of CAs (PEM). @throws CliError if the file is invalid. */
export function readCa(file: string, flag: string): Buffer {
  const ca = readFile(file, flag);
  firstCertificateIn(ca, file, flag);
  return ca;
}

/** Checks all certificates: OpenSSL ignores a malformed one in a list, and those that follow. */
function firstCertificateIn(pem: Buffer, file: string, flag: string): X509Certificate {
  const [, ...texts] = pem.toString('latin1').split(CERTIFICATE_BEGIN);
  const [first] = texts.map((text, index) => {
    const certificate = tryParse(() => new X509Certificate(CERTIFICATE_BEGIN + text));
    if (certificate !== undefined) return certificate;
    throw new CliError(
      'invalid-tls-file',
      `certificate ${index + 1} in ${file} is malformed; check ${flag}`,
    );
  });
  if (first !== undefined) return first;
  throw new CliError('invalid-tls-file', `no certificate (PEM) in ${file}; check ${flag}`);
}

/**
 * Checks what parsing does not: OpenSSL rejects a key that is too short, or an incomplete chain,
 * only for use in TLS.
 */
function checkUsable(identity: TlsIdentity, file: string, flag: string): TlsIdentity {
  try {
    createSecureContext(identity);
    return identity;
  } catch (error) {
    throw new CliError(
      'invalid-tls-file',
      `cannot use ${file} for TLS: ${errorMessage(error)}; check ${flag}`,
      {
        cause: error,
      },
    );
  }
}

/** @returns `undefined` if OpenSSL cannot parse it. */
function tryParse<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
