// Detects a PROXY header that a browser sends itself. A target may trust such a header from the
// bridge's address, even if it is not marked as expecting one: the browser could then claim any address.
//
// No data is delayed for this check. The header is recognized before it is complete, and so before
// a target can act on it.

/** The signatures of versions 1 and 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). */
const SIGNATURES = ['PROXY ', '\r\n\r\n\0\r\nQUIT\n'];

const MAX_SIGNATURE_LENGTH = Math.max(...SIGNATURES.map(({ length }) => length));

export class ForgedHeaderDetector {
  /**
   * The first bytes from the browser; `undefined` once they cannot become a header. After a header,
   * every further chunk is rejected, too.
   */
  #start: string | undefined = '';

  /**
   * Examines the next bytes from the browser. Call it for all of them, in order.
   *
   * @returns Whether they complete the signature of a header. They must not reach the target then.
   */
  detect(data: Buffer): boolean {
    if (this.#start === undefined) return false;
    const start = this.#start + data.toString('latin1', 0, MAX_SIGNATURE_LENGTH);
    const isForged = SIGNATURES.some((signature) => start.startsWith(signature));
    const isPrefix = SIGNATURES.some((signature) => signature.startsWith(start));
    this.#start = isForged || isPrefix ? start : undefined;
    return isForged;
  }
}
