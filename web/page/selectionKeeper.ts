import type { Terminal } from '@xterm/xterm';

/**
 * Remembers the selection of a terminal whose size is about to change: xterm.js clears it when the
 * number of rows changes. The search continues from the selection: without it, the next match would
 * be the first or the last one.
 *
 * @returns A function that selects the same text again, unless the number of columns has changed and
 *   the text wraps differently. `undefined` if nothing is selected.
 */
export function rememberSelection(terminal: Terminal): (() => void) | undefined {
  const selected = terminal.getSelectionPosition();
  if (selected === undefined) return undefined;
  const { cols, buffer } = terminal;
  const { start, end } = selected;
  const length = (end.y - start.y) * cols + end.x - start.x;
  // A marker follows its line when lines above it are dropped.
  const { baseY, cursorY } = buffer.active;
  const row = terminal.registerMarker(start.y - baseY - cursorY);
  return () => {
    const isThere = !row.isDisposed && terminal.cols === cols;
    if (isThere) terminal.select(start.x, row.line, length);
    row.dispose();
  };
}
