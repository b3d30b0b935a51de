// Decides which of the four appearances the page has: the user's choice, or else the system's
// preference. themeBoot.js makes the same decision before the first paint.

import type { SettingValues } from '../settings/settingValues.pure.ts';

export interface Appearance {
  theme: 'light' | 'dark';
  contrast: 'normal' | 'more';
}

/** The media features `prefers-color-scheme` and `prefers-contrast` (Media Queries Level 5). */
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
