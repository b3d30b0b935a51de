// Reads the contents of a terminal as text.

import type { IBuffer } from '@xterm/xterm';

/**
 * @returns The lines as they were printed: wrapped rows joined, and trailing white space removed.
 */
export function linesOf(buffer: Pick<IBuffer, 'length' | 'getLine'>): string[] {
  const lines: string[] = [];
  let line = '';
  for (let index = 0; index < buffer.length; index++) {
    const isContinued = buffer.getLine(index + 1)?.isWrapped === true;
    line += buffer.getLine(index)?.translateToString(true) ?? '';
    if (isContinued) continue;
    lines.push(line.trimEnd());
    line = '';
  }
  return lines;
}
