// Whom the bridge trusts to sign the certificates of targets.

import { createSecureContext, type SecureContext } from 'node:tls';

export class TargetCas {
  #pem: Buffer | undefined;
  #context: SecureContext | undefined;

  /** @param pem The certificates of the CAs; by default, Node's well-known CAs. */
  constructor(pem?: Buffer) {
    this.#pem = pem;
  }

  /** For new connections. */
  replace(pem: Buffer): void {
    this.#pem = pem;
    this.#context = undefined;
  }

  /** For all connections: parsing the certificates takes longer than a handshake. */
  get context(): SecureContext {
    this.#context ??= createSecureContext({ ca: this.#pem, minVersion: 'TLSv1.2' });
    return this.#context;
  }
}
