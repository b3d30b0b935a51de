// The certificates for TLS, from the files the operator named.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { errorMessage } from '../../server/errorMessage.ts';
import { CliError, fileError } from '../cliError.ts';
import type { TlsClientOptions } from './clientOptions.ts';
import type { TlsOptions } from './options.ts';
import { readSecret } from './secretFile.ts';

/** What a server that speaks TLS shows, and the least it accepts. */
export interface TlsIdentity {
  cert: Buffer;
  key: Buffer;
  minVersion: 'TLSv1.2';
}

/**
 * @returns `undefined` where neither file is named: no TLS then.
 * @throws CliError where one is missing, or they are not what they should be.
 */
export function readTlsIdentity({ tlsCert, tlsKey }: TlsOptions): TlsIdentity | undefined {
  return readIdentity(tlsCert, tlsKey, { cert: '--tls-cert', key: '--tls-key' });
}

/** The same, of other flags. @param flags Those that named the files. */
export function readIdentity(
  certFile: string | undefined,
  keyFile: string | undefined,
  flags: { cert: string; key: string },
): TlsIdentity | undefined {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) {
    throw new CliError(`TLS needs both ${flags.cert} and ${flags.key}`);
  }
  const cert = readPem(certFile, flags.cert);
  const certificate = certificateIn(cert, certFile, flags.cert);
  return readSecret(keyFile, flags.key, (key) => {
    const privateKey = parsed(() => createPrivateKey(key));
    if (privateKey === undefined) {
      throw new CliError(
        `no private key without a passphrase in ${keyFile} (PEM); check ${flags.key}`,
      );
    }
    if (!certificate.checkPrivateKey(privateKey)) {
      throw new CliError(
        `the key in ${keyFile} does not belong to the certificate in ${certFile}; check ${flags.key}`,
      );
    }
    return usable({ cert, key, minVersion: 'TLSv1.2' }, certFile, flags.cert);
  });
}

/** @returns The bytes of a certificate that others are to be vouched for by. */
export function readAuthority(file: string, flag: string): Buffer {
  const ca = readPem(file, flag);
  certificateIn(ca, file, flag);
  return ca;
}

function certificateIn(pem: Buffer, file: string, flag: string): X509Certificate {
  const certificate = parsed(() => new X509Certificate(pem));
  if (certificate !== undefined) return certificate;
  throw new CliError(`no certificate in ${file} (PEM); check ${flag}`);
}

/**
 * What OpenSSL takes may still be too little for TLS: a key that is too short, a chain that is cut.
 */
function usable(identity: TlsIdentity, file: string, flag: string): TlsIdentity {
  try {
    createSecureContext(identity);
    return identity;
  } catch (error) {
    throw new CliError(`no TLS with ${file}: ${errorMessage(error)}; check ${flag}`, {
      cause: error,
    });
  }
}

/** @returns `undefined` where OpenSSL does not take it. */
function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/**
 * @returns Whom a client believes; `undefined` where it speaks no TLS.
 * @throws CliError where the file cannot be read.
 */
export function tlsOf({ tls, tlsCa }: TlsClientOptions): { ca: Buffer | undefined } | undefined {
  if (!tls && tlsCa === undefined) return undefined;
  return { ca: tlsCa === undefined ? undefined : readPem(tlsCa, '--tls-ca') };
}

function readPem(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file, flag);
  }
}
