// Applies the appearance from the settings or the system, and passes its colors to xterm.js. The
// colors themselves are the variables in colors.css.

import type { ITheme } from '@xterm/xterm';
import type { UserSettings } from '../settings/userSettings.ts';
import { resolveAppearance } from './appearance.pure.ts';

/**
 * Applies the appearance now, and again whenever the settings or the system change.
 *
 * @param onChange Called after each change: the terminal then needs the new colors.
 */
export function applyAppearance(settings: UserSettings, onChange: () => void): void {
  const light = matchMedia('(prefers-color-scheme: light)');
  const moreContrast = matchMedia('(prefers-contrast: more)');
  const chosen = () => ({ theme: settings.get('theme'), contrast: settings.get('contrast') });
  const apply = () => {
    const system = { isLight: light.matches, isMoreContrast: moreContrast.matches };
    Object.assign(document.documentElement.dataset, resolveAppearance(chosen(), system));
    colorBrowserBar();
  };
  const change = () => {
    apply();
    onChange();
  };

  apply();
  light.addEventListener('change', change);
  moreContrast.addEventListener('change', change);
  settings.onChange((key) => {
    if (key === 'theme' || key === 'contrast') change();
  });
}

/** The terminal's colors in the current appearance. */
export function terminalTheme(): ITheme {
  const color = currentColors();
  return {
    background: color('background'),
    foreground: color('text'),
    cursor: color('success'),
    cursorAccent: color('background'),
    selectionBackground: color('selection'),
    selectionForeground: color('selection-text'),
    red: color('error'),
    green: color('success'),
    yellow: color('warning'),
    cyan: color('link'),
    brightBlack: color('muted'),
    // xterm's default scroll bar has too little contrast.
    scrollbarSliderBackground: color('border'),
    scrollbarSliderHoverBackground: color('muted'),
    scrollbarSliderActiveBackground: color('muted'),
  };
}

/** The minimum contrast of text in the current appearance, as colors.css has it. */
export function minimumContrast(): number {
  return document.documentElement.dataset['contrast'] === 'more' ? 7 : 4.5;
}

/** Gives the browser's own bar the color of the header. */
function colorBrowserBar(): void {
  for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    meta.content = currentColors()('surface');
  }
}

/** Reads the variables of colors.css, by their names without `--`. */
export function currentColors(): (name: string) => string {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}
