// Client certificates. OpenSSL requires one during the handshake, so a peer without one sends no
// request, not even a health check. Its subject's Common Name is the name of the user.

import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorCode } from '../../access/systemErrors.ts';
import { type NameRejection, requireName } from './trustedNames.ts';

/** Why a handshake failed because of the client's certificate. */
export type CertificateRefusal = 'missing' | 'expired' | 'untrusted';

/** OpenSSL's error without a certificate (tls.h, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE). */
const MISSING = 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE';

/** Those of the X509_V_ERR codes that are about time (verify(1)). */
const EXPIRED = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

/** @param onRefusal Called for each connection that ends because of its certificate. */
export function countRefusedCertificates(
  app: FastifyInstance,
  onRefusal: (reason: CertificateRefusal) => void,
): void {
  app.server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
    // An error code, whatever the type is; `null` if the certificate was not verified.
    const failure: unknown = socket.authorizationError;
    if (errorCode(error) === MISSING) onRefusal('missing');
    else if (typeof failure === 'string') onRefusal(EXPIRED.has(failure) ? 'expired' : 'untrusted');
  });
}

/** Names the user of each request by the certificate of its connection. */
export function nameByCertificate(
  app: FastifyInstance,
  parseName: (bytes: string) => string | undefined,
  onRejection: () => void,
): void {
  requireName(app, (request) => nameIn(request, parseName), onRejection);
}

function nameIn(
  { socket }: FastifyRequest,
  parseName: (bytes: string) => string | undefined,
): { name: string } | NameRejection {
  if (!(socket instanceof TLSSocket)) throw new Error('this bridge does not use TLS');
  // A connection that is closed already has no certificate, although the types claim it.
  const certificate: Partial<PeerCertificate> | null = socket.getPeerCertificate();
  const commonName: unknown = certificate?.subject?.CN;
  // Several are an array: which one would be the user's is not defined.
  const bytes = typeof commonName === 'string' ? Buffer.from(commonName).toString('latin1') : '';
  const name = parseName(bytes);
  if (name !== undefined) return { name };
  return { rejection: 'the client certificate has no single Common Name of plain text' };
}
