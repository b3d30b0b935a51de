// Which of its four looks the page has: what the person chose, or else what their system asks for.
// early.js decides the same before the first paint.

import type { Choices } from './choices.pure.ts';

export interface Look {
  theme: 'light' | 'dark';
  contrast: 'normal' | 'more';
}

/**
 * What the system asks for (Media Queries Level 5, `prefers-color-scheme` and `prefers-contrast`).
 */
export interface SystemLook {
  isLight: boolean;
  isMoreContrast: boolean;
}

export function lookOf(chosen: Pick<Choices, 'theme' | 'contrast'>, system: SystemLook): Look {
  const systemTheme = system.isLight ? 'light' : 'dark';
  const isMore = chosen.contrast === 'more' || system.isMoreContrast;
  return {
    theme: chosen.theme === 'system' ? systemTheme : chosen.theme,
    contrast: isMore ? 'more' : 'normal',
  };
}
