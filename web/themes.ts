// The terminal's colours, beside the page's own in style.css. Every text colour has a contrast of
// at least 4.5 to its ground (WCAG 2.2, 1.4.3).

import type { ITheme } from '@xterm/xterm';

export const DARK: ITheme = {
  background: '#10161d',
  foreground: '#e8edf2',
  cursor: '#7fd1ae',
  cursorAccent: '#10161d',
  selectionBackground: '#33506b',
  green: '#7fd1ae',
  brightGreen: '#7fd1ae',
  yellow: '#e3c16f',
  cyan: '#7cc5e6',
  brightBlack: '#9fb0c0',
};

export const LIGHT: ITheme = {
  background: '#fbfaf7',
  foreground: '#1d252c',
  cursor: '#1c7a52',
  cursorAccent: '#fbfaf7',
  selectionBackground: '#bcd6ea',
  green: '#1c7a52',
  brightGreen: '#1c7a52',
  yellow: '#8a6100',
  cyan: '#0b6487',
  brightBlack: '#56626d',
};
