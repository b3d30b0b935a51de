// Who may come in, where somebody else may be the one who counts.

/** What there is no more of: room for anybody, or for this source (source.ts). */
export type Full = 'all' | 'source';

export interface Room {
  /**
   * Makes room for one more of a source.
   *
   * @returns What is full; `undefined` where there was room: `release` has to follow.
   */
  claim(source: string): Full | undefined | Promise<Full | undefined>;
  release(source: string): void;
}
