// A headless terminal with the page's character table.

import './unpooledBuffers.harness.ts';

import headless, { type Terminal } from '@xterm/headless';
import { graphemeTable } from './graphemeTable.ts';

export const table = graphemeTable();

export function makeTerminal(cols: number, rows: number): Terminal {
  const terminal = new headless.Terminal({ cols, rows, allowProposedApi: true, scrollback: 1000 });
  terminal.unicode.register(table);
  terminal.unicode.activeVersion = table.version;
  return terminal;
}

/** Resolves once everything is printed. */
export function write(terminal: Terminal, data: string): Promise<void> {
  return new Promise((resolve) => terminal.write(data, resolve));
}

/** The rows of the screen, without trailing white space. */
export function screenOf(terminal: Terminal): string[] {
  const { active } = terminal.buffer;
  return Array.from({ length: terminal.rows }, (_, row) =>
    (active.getLine(active.baseY + row)?.translateToString(true) ?? '').trimEnd(),
  );
}
