// A certificate and its key as they pass between processes: as byte strings.

import type { TlsIdentity } from '../options/tlsFiles.ts';

export interface PemIdentity {
  cert: string;
  key: string;
}

// PEM is ASCII (RFC 7468). A byte string preserves any other bytes in the file.
export function toPem({ cert, key }: TlsIdentity): PemIdentity {
  return { cert: cert.toString('latin1'), key: key.toString('latin1') };
}

export function fromPem({ cert, key }: PemIdentity): TlsIdentity {
  return {
    cert: Buffer.from(cert, 'latin1'),
    key: Buffer.from(key, 'latin1'),
    minVersion: 'TLSv1.2',
  };
}
