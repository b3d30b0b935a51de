// A target may believe a PROXY header from the bridge's address, whether or not it is marked
// `+proxy`: a browser that wrote one itself would speak for anybody. Nothing is held back to look at
// it: the header is not complete, and so not obeyed, before it is recognized.

/** How a header begins: version 1 and version 2 (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). */
const STARTS = ['PROXY ', '\r\n\r\n\0\r\nQUIT\n'];

const LONGEST = Math.max(...STARTS.map(({ length }) => length));

export class ForgedHeader {
  /** What the browser sent first; `undefined` once it is no header. A forger stays one. */
  #opening: string | undefined = '';

  /**
   * Looks at what a browser sends, until it is known to be no PROXY header.
   *
   * @param data The next bytes.
   * @returns Whether they make it one: do not pass them on.
   */
  isIn(data: Buffer): boolean {
    if (this.#opening === undefined) return false;
    const opening = this.#opening + data.toString('latin1', 0, LONGEST);
    const isForged = STARTS.some((start) => opening.startsWith(start));
    const mayBecome = STARTS.some((start) => start.startsWith(opening));
    this.#opening = isForged || mayBecome ? opening : undefined;
    return isForged;
  }
}
