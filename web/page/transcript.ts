// What stands in a terminal, as text.

import type { IBuffer, IBufferLine } from '@xterm/xterm';

/** @returns A line for each that was printed, whatever rows it takes; without blanks at its end. */
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

/** Without the cell at its end that a wide character left: there it had no room. */
function fullRow(row: IBufferLine): string {
  const last = row.getCell(row.length - 1);
  const isLeft = last?.getChars() === '' && last.getWidth() === 1;
  return row.translateToString(false, 0, isLeft ? row.length - 1 : row.length);
}
