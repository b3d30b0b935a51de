import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { parseSettings } from '../settings/settingValues.pure.ts';
import { type Appearance, resolveAppearance, type SystemPreferences } from './appearance.pure.ts';

const THEME_BOOT = readFileSync(new URL('themeBoot.js', import.meta.url), 'utf8');

const SYSTEMS: SystemPreferences[] = [true, false].flatMap((isLight) =>
  [true, false].map((isMoreContrast) => ({ isLight, isMoreContrast })),
);

const DARK_SYSTEM = { isLight: false, isMoreContrast: false };

test.each([
  ['system', 'system', DARK_SYSTEM, { theme: 'dark', contrast: 'normal' }],
  ['system', 'system', { ...DARK_SYSTEM, isLight: true }, { theme: 'light', contrast: 'normal' }],
  ['light', 'system', DARK_SYSTEM, { theme: 'light', contrast: 'normal' }],
  ['dark', 'more', { ...DARK_SYSTEM, isLight: true }, { theme: 'dark', contrast: 'more' }],
  ['dark', 'system', { ...DARK_SYSTEM, isMoreContrast: true }, { theme: 'dark', contrast: 'more' }],
] as const)(
  'resolves theme %s and contrast %s on a system with %o',
  (theme, contrast, system, appearance) => {
    expect(resolveAppearance({ theme, contrast }, system)).toEqual(appearance);
  },
);

describe('themeBoot.js decides like appearance.pure.ts if the storage', () => {
  test.each([
    null,
    '{}',
    '{"theme":"light"}',
    '{"theme":"dark","contrast":"system","fontSize":15}',
    '{"theme":"system","contrast":"more"}',
    '{"theme":"light","contrast":"more"}',
    '{"theme":"sepia","contrast":"less"}',
    '{"theme":["light"],"contrast":{"more":"more"}}',
    '"light"',
    '[1]',
    'null',
    '{"theme"',
    '',
  ])('holds %j', (stored) => {
    for (const system of SYSTEMS) {
      const appearance = bootAppearance(() => stored, system);
      expect(appearance).toEqual(resolveAppearance(parseSettings(stored), system));
    }
  });

  test('is blocked', () => {
    const blocked = () => {
      throw new DOMException('blocked', 'SecurityError');
    };
    for (const system of SYSTEMS) {
      expect(bootAppearance(blocked, system)).toEqual(
        resolveAppearance(parseSettings(null), system),
      );
    }
  });
});

/** The attributes that themeBoot.js sets on <html>. */
function bootAppearance(
  stored: () => string | null,
  system: SystemPreferences,
): Partial<Appearance> {
  const dataset: Partial<Appearance> = {};
  const matches: Record<string, boolean> = {
    '(prefers-color-scheme: light)': system.isLight,
    '(prefers-contrast: more)': system.isMoreContrast,
  };
  runInNewContext(THEME_BOOT, {
    document: { documentElement: { dataset } },
    localStorage: { getItem: (key: string) => (key === 'motd.settings' ? stored() : null) },
    matchMedia: (query: string) => ({ matches: matches[query] }),
  });
  return dataset;
}
