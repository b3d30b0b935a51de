// The page's looks: puts on the one that is asked for, and gives xterm.js its colors. The colors
// themselves are the variables at the top of style.css, and nowhere else.

import type { ISearchDecorationOptions } from '@xterm/addon-search';
import type { ITheme } from '@xterm/xterm';
import type { Settings } from '../settings/settings.ts';
import { resolveAppearance } from './appearance.pure.ts';

/**
 * Gives the page the look that the settings, or the system, ask for, from now on.
 *
 * @param onChange Called after each change: the terminal's colors are then others.
 */
export function applyAppearance(settings: Settings, onChange: () => void): void {
  const light = matchMedia('(prefers-color-scheme: light)');
  const moreContrast = matchMedia('(prefers-contrast: more)');
  const chosen = () => ({ theme: settings.get('theme'), contrast: settings.get('contrast') });
  const putOn = () => {
    const system = { isLight: light.matches, isMoreContrast: moreContrast.matches };
    Object.assign(document.documentElement.dataset, resolveAppearance(chosen(), system));
    colorBrowser();
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

/** The terminal's colors in the look the page has now. */
export function terminalTheme(): ITheme {
  const color = colors();
  return {
    background: color('ground'),
    foreground: color('text'),
    cursor: color('good'),
    cursorAccent: color('ground'),
    selectionBackground: color('selection'),
    selectionForeground: color('selected'),
    red: color('bad'),
    green: color('good'),
    brightGreen: color('good'),
    yellow: color('busy'),
    cyan: color('link'),
    brightBlack: color('quiet'),
    // The scroll bar's; xterm's own are too faint to be found.
    scrollbarSliderBackground: color('edge'),
    scrollbarSliderHoverBackground: color('quiet'),
    scrollbarSliderActiveBackground: color('quiet'),
  };
}

/** How the search addon marks what it found, in the look the page has now. */
export function searchDecorations(): ISearchDecorationOptions {
  const color = colors();
  return {
    matchBackground: color('match'),
    matchBorder: color('edge'),
    matchOverviewRuler: color('edge'),
    activeMatchBackground: color('match-now'),
    activeMatchBorder: color('focus'),
    activeMatchColorOverviewRuler: color('focus'),
  };
}

/** The browser's own bar around the page is as the page's. */
function colorBrowser(): void {
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = colors()('raised');
  }
}

function colors(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}
