// The certificates for TLS, from the files the operator named.

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { reasonOf } from '../server/reason.ts';
import { fileError, OperatorError } from './operatorError.ts';
import type { TlsClientOptions, TlsOptions } from './options.ts';

/** What a server that speaks TLS shows, and the least it accepts. */
export interface TlsIdentity {
  cert: Buffer;
  key: Buffer;
  minVersion: 'TLSv1.2';
}

/**
 * @returns `undefined` where neither file is named: no TLS then.
 * @throws OperatorError where one is missing, or they are not what they should be.
 */
export function readTlsIdentity({ tlsCert, tlsKey }: TlsOptions): TlsIdentity | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new OperatorError('TLS needs both --tls-cert and --tls-key');
  }
  const cert = readPem(tlsCert, '--tls-cert');
  const key = readPem(tlsKey, '--tls-key');
  const certificate = parsed(() => new X509Certificate(cert));
  const privateKey = parsed(() => createPrivateKey(key));
  if (certificate === undefined) {
    throw new OperatorError(`no certificate in ${tlsCert} (PEM); check --tls-cert`);
  }
  if (privateKey === undefined) {
    throw new OperatorError(
      `no private key without a passphrase in ${tlsKey} (PEM); check --tls-key`,
    );
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new OperatorError(
      `the key in ${tlsKey} does not belong to the certificate in ${tlsCert}; check --tls-key`,
    );
  }
  return usable({ cert, key, minVersion: 'TLSv1.2' }, tlsCert);
}

/**
 * What OpenSSL takes may still be too little for TLS: a key that is too short, a chain that is cut.
 */
function usable(identity: TlsIdentity, file: string): TlsIdentity {
  try {
    createSecureContext(identity);
    return identity;
  } catch (error) {
    throw new OperatorError(`no TLS with ${file}: ${reasonOf(error)}; check --tls-cert`, {
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
 * @throws OperatorError where the file cannot be read.
 */
export function tlsOf({ tls, tlsCa }: TlsClientOptions): { ca: Buffer | undefined } | undefined {
  if (!tls && tlsCa === undefined) return undefined;
  return { ca: tlsCa === undefined ? undefined : readPem(tlsCa, '--tls-ca') };
}

/** @throws OperatorError where the file cannot be read. */
export function readPem(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file, flag);
  }
}
