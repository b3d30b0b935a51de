// Which of its four looks the page has: what the person chose, or else what their system asks for.
// themeBoot.js decides the same before the first paint.

import type { SettingValues } from '../settings/settingValues.pure.ts';

export interface Appearance {
  theme: 'light' | 'dark';
  contrast: 'normal' | 'more';
}

/**
 * What the system asks for (Media Queries Level 5, `prefers-color-scheme` and `prefers-contrast`).
 */
export interface SystemPreferences {
  isLight: boolean;
  isMoreContrast: boolean;
}

export function resolveAppearance(
  chosen: Pick<SettingValues, 'theme' | 'contrast'>,
  system: SystemPreferences,
): Appearance {
  const systemTheme = system.isLight ? 'light' : 'dark';
  const isMore = chosen.contrast === 'more' || system.isMoreContrast;
  return {
    theme: chosen.theme === 'system' ? systemTheme : chosen.theme,
    contrast: isMore ? 'more' : 'normal',
  };
}
