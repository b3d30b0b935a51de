// Reads the contents of a terminal as text.

import type { IBuffer, IBufferLine } from '@xterm/xterm';

/**
 * @returns The lines as they were printed: wrapped rows joined, and trailing white space removed.
 */
export function linesOf(buffer: Pick<IBuffer, 'length' | 'getLine'>): string[] {
  const lines: string[] = [];
  let line = '';
  for (let index = 0; index < buffer.length; index++) {
    const row = buffer.getLine(index);
    const isContinued = buffer.getLine(index + 1)?.isWrapped === true;
    if (row !== undefined) line += isContinued ? fullRow(row) : row.translateToString(true);
    if (isContinued) continue;
    lines.push(line.trimEnd());
    line = '';
  }
  return lines;
}

/** Omits the last cell if it is empty because a wide character had no room there. */
function fullRow(row: IBufferLine): string {
  const last = row.getCell(row.length - 1);
  const isUnused = last?.getChars() === '' && last.getWidth() === 1;
  return row.translateToString(false, 0, isUnused ? row.length - 1 : row.length);
}
