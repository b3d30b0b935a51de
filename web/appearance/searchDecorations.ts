import type { ISearchDecorationOptions } from '@xterm/addon-search';
import { currentColors } from './themes.ts';

/** The search addon's colors for its results in the current appearance. */
export function searchDecorations(): ISearchDecorationOptions {
  const color = currentColors();
  return {
    matchBackground: color('match'),
    matchBorder: color('border'),
    matchOverviewRuler: color('border'),
    activeMatchBackground: color('match-active'),
    activeMatchBorder: color('focus'),
    activeMatchColorOverviewRuler: color('focus'),
  };
}
