// The certificates for TLS, from the files the operator named.

import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext } from 'node:tls';
import { reasonOf } from '../server/reason.ts';
import { fileError, OperatorError } from './operatorError.ts';
import type { TlsClientOptions, TlsOptions } from './options.ts';

/**
 * @returns `undefined` where neither file is named: no TLS then.
 * @throws OperatorError where one is missing, or they are not what they should be.
 */
export function readTlsIdentity({ tlsCert, tlsKey }: TlsOptions): SecureContext | undefined {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw new OperatorError('TLS needs both --tls-cert and --tls-key');
  }
  const cert = readPem(tlsCert, '--tls-cert');
  const key = readPem(tlsKey, '--tls-key');
  try {
    return createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
  } catch (error) {
    throw new OperatorError(`no TLS with ${tlsCert} and ${tlsKey}: ${reasonOf(error)}`, {
      cause: error,
    });
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

function readPem(file: string, flag: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw fileError(error, file, flag);
  }
}
