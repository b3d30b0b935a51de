import type { FitAddon } from '@xterm/addon-fit';
import { type ITheme, Terminal } from '@xterm/xterm';
import type { CharacterTable } from './characterTable.ts';
import { styleThroughCssom } from './cssom.ts';
import { showMarks } from './transcriptMarks.ts';

/** In lines above the screen. */
export const SCROLLBACK = 5000;

/** Makes xterm.js mark pastes, to distinguish them from keys (ctlseqs, mode 2004). */
const BRACKETED_PASTE = '\x1b[?2004h';

export interface TerminalLook {
  theme: ITheme;
  /** In CSS pixels. */
  fontSize: number;
}

/** Opens the terminal in an element, and fits it there. */
export function openTerminal(
  element: HTMLElement,
  table: CharacterTable,
  fit: FitAddon,
  { theme, fontSize }: TerminalLook,
): Terminal {
  styleThroughCssom();
  const terminal = new Terminal({
    allowProposedApi: true,
    drawBoldTextInBrightColors: false,
    fontFamily: 'ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", Menlo, monospace',
    fontSize,
    lineHeight: 1.35,
    // The addon sets the size, once the terminal is open: until then, draw as little as possible.
    rows: 1,
    scrollback: SCROLLBACK,
    theme,
  });
  terminal.unicode.register(table);
  terminal.unicode.activeVersion = table.version;
  showMarks(terminal);
  terminal.loadAddon(fit);
  terminal.open(element);
  fit.fit();
  writeNextAtOnce(terminal);
  terminal.write(BRACKETED_PASTE);
  writeNextAtOnce(terminal);
  return terminal;
}

/**
 * Makes xterm.js parse what is written next in the same task, as after input of the user. Without
 * this, a timer does it, and the first prompt misses the first frame.
 */
function writeNextAtOnce(terminal: Terminal): void {
  terminal.input('');
}
