// A terminal without a screen, that prints as the page's does.

import './unpooledBuffers.harness.ts';

import headless, { type Terminal } from '@xterm/headless';
import { characterTable } from './characterTable.ts';

export const table = characterTable();

export function makeTerminal(cols: number, rows: number): Terminal {
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000 });
  terminal.unicode.register(table);
  terminal.unicode.activeVersion = table.version;
  return terminal;
}

/** Settles once all of it is printed. */
export function write(terminal: Terminal, data: string): Promise<void> {
  return new Promise((resolve) => terminal.write(data, resolve));
}

/** What stands on the rows of the screen, blanks at their ends left out. */
export function screenOf(terminal: Terminal): string[] {
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, row) =>
    (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
  );
}
