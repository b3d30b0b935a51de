import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULTS,
  parseSettings,
  type SettingValues,
  serializeSettings,
  validSettings,
} from './settingValues.pure.ts';

const SETTINGS: fc.Arbitrary<SettingValues> = fc.record({
  theme: fc.constantFrom('system', 'light', 'dark'),
  contrast: fc.constantFrom('system', 'more'),
  fontSize: fc.option(fc.integer({ min: 10, max: 32 })),
  input: fc.constantFrom('auto', 'terminal', 'field'),
  maskPassword: fc.boolean(),
  notify: fc.boolean(),
  lineEnd: fc.constantFrom('lf', 'crlf'),
});

test('parses what it serialized', () => {
  fc.assert(
    fc.property(SETTINGS, (settings) => {
      expect(parseSettings(serializeSettings(settings))).toEqual(settings);
    }),
  );
});

test('returns the defaults if nothing is stored', () => {
  expect(parseSettings(null)).toEqual(DEFAULTS);
  expect(DEFAULTS).toEqual({
    theme: 'system',
    contrast: 'system',
    fontSize: null,
    input: 'auto',
    maskPassword: false,
    notify: false,
    lineEnd: 'lf',
  });
});

test.each(['', 'null', '[]', '"dark"', '15', '{"theme":', '{"theme":null}', '[{"theme":"dark"}]'])(
  'returns the defaults for %j',
  (text) => {
    expect(parseSettings(text)).toEqual(DEFAULTS);
  },
);

test('replaces only invalid values by their defaults', () => {
  const text = '{"theme":"dark","contrast":"less","notify":"true","maskPassword":true,"later":1}';
  expect(parseSettings(text)).toEqual({ ...DEFAULTS, theme: 'dark', maskPassword: true });
});

test('returns valid settings for any JSON', () => {
  const values = fc.dictionary(
    fc.constantFrom(
      'theme',
      'contrast',
      'fontSize',
      'input',
      'maskPassword',
      'notify',
      '__proto__',
    ),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), values), (value) => {
      const settings = parseSettings(JSON.stringify(value));
      expect(Object.keys(settings)).toEqual(Object.keys(DEFAULTS));
      expect(parseSettings(serializeSettings(settings))).toEqual(settings);
    }),
  );
});

describe('a font size of', () => {
  test.each([
    [10, 10],
    [32, 32],
    [9, 10],
    [33, 32],
    [15.4, 15],
    [-1e300, 10],
    [Infinity, 32],
    [Number.NaN, null],
    ['20', null],
    [null, null],
  ])('%j becomes %j', (given, taken) => {
    expect(validSettings({ fontSize: given }).fontSize).toBe(taken);
  });
});
