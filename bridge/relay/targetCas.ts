// Whom the bridge trusts to sign the certificates of targets.

import { createSecureContext, type SecureContext } from 'node:tls';

export class TargetCas {
  readonly #pem: Buffer | undefined;
  #context: SecureContext | undefined;

  /** @param pem The certificates of the CAs; by default, Node's well-known CAs. */
  constructor(pem?: Buffer) {
    this.#pem = pem;
  }

  /** For all connections: parsing the certificates takes longer than a handshake. */
  get context(): SecureContext {
    this.#context ??= createSecureContext({ ca: this.#pem, minVersion: 'TLSv1.2' });
    return this.#context;
  }
}
