// Decides which of the four appearances the page has: what the user chose, or else what the system
// asks for. themeBoot.js makes the same decision before the first paint.

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
