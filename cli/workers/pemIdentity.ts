// A certificate and its key as they pass between processes: as byte strings.

import type { TlsIdentity } from '../options/tlsFiles.ts';

export interface PemIdentity {
  cert: string;
  key: string;
  ca?: string | undefined;
}

// PEM is ASCII (RFC 7468). A byte string preserves any other bytes in the file.
export function toPem({ cert, key, ca }: TlsIdentity): PemIdentity {
  const toText = (bytes: Buffer) => bytes.toString('latin1');
  return { cert: toText(cert), key: toText(key), ca: ca && toText(ca) };
}

export function fromPem({ cert, key, ca }: PemIdentity): TlsIdentity {
  return {
    ...(ca !== undefined && { ca: Buffer.from(ca, 'latin1') }),
    cert: Buffer.from(cert, 'latin1'),
    key: Buffer.from(key, 'latin1'),
    minVersion: 'TLSv1.2',
  };
}
