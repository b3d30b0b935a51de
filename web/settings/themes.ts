// The page's looks: puts on the one that is asked for, and gives xterm.js its colours. The colours
// themselves are the variables at the top of style.css, and nowhere else.

import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';
import { lookOf } from './look.pure.ts';
import type { Settings } from './settings.ts';

/**
 * Gives the page the look that the settings, or the system, ask for, from now on.
 *
 * @param onChange Called after each change: the terminal's colours are then others.
 */
export function followLook(settings: Settings, onChange: () => void): void {
  const light = matchMedia('(prefers-color-scheme: light)');
  const moreContrast = matchMedia('(prefers-contrast: more)');
  const chosen = () => ({ theme: settings.get('theme'), contrast: settings.get('contrast') });
  const putOn = () => {
    const system = { isLight: light.matches, isMoreContrast: moreContrast.matches };
    Object.assign(document.documentElement.dataset, lookOf(chosen(), system));
    colourBrowser();
  };
  const change = () => {
    putOn();
    onChange();
  };

  putOn();
  light.addEventListener('change', change);
  moreContrast.addEventListener('change', change);
  settings.onChange((key) => {
    if (key === 'theme' || key === 'contrast') change();
  });
}

/** The terminal's colours in the look the page has now. */
export function terminalTheme(): ITheme {
  const colour = colours();
  return {
    background: colour('ground'),
    foreground: colour('text'),
    cursor: colour('good'),
    cursorAccent: colour('ground'),
    selectionBackground: colour('selection'),
    selectionForeground: colour('selected'),
    red: colour('bad'),
    green: colour('good'),
    brightGreen: colour('good'),
    yellow: colour('busy'),
    cyan: colour('link'),
    brightBlack: colour('quiet'),
    // The scroll bar's; xterm's own are too faint to be found.
    scrollbarSliderBackground: colour('edge'),
    scrollbarSliderHoverBackground: colour('quiet'),
    scrollbarSliderActiveBackground: colour('quiet'),
  };
}

/** How the search addon marks what it found, in the look the page has now. */
export function searchDecorations(): ISearchDecorationOptions {
  const colour = colours();
  return {
    matchBackground: colour('match'),
    matchBorder: colour('edge'),
    matchOverviewRuler: colour('edge'),
    activeMatchBackground: colour('match-now'),
    activeMatchBorder: colour('focus'),
    activeMatchColorOverviewRuler: colour('focus'),
  };
}

/** The browser's own bar around the page is as the page's. */
function colourBrowser(): void {
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = colours()('raised');
  }
}

function colours(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}
