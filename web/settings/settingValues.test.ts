import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  DEFAULTS,
  parseSettings,
  type SettingValues,
  serializeSettings,
  validSettings,
} from './settingValues.pure.ts';

const CHOICES: fc.Arbitrary<SettingValues> = fc.record({
  theme: fc.constantFrom('system', 'light', 'dark'),
  contrast: fc.constantFrom('system', 'more'),
  fontSize: fc.integer({ min: 10, max: 32 }),
  input: fc.constantFrom('auto', 'terminal', 'field'),
  maskPassword: fc.boolean(),
  notify: fc.boolean(),
  lineEnd: fc.constantFrom('lf', 'crlf'),
});

test('what was written is what is read', () => {
  fc.assert(
    fc.property(CHOICES, (choices) => {
      expect(parseSettings(serializeSettings(choices))).toEqual(choices);
    }),
  );
});

test('nothing chosen yet is the defaults', () => {
  expect(parseSettings(null)).toEqual(DEFAULTS);
  expect(DEFAULTS).toEqual({
    theme: 'system',
    contrast: 'system',
    fontSize: 15,
    input: 'auto',
    maskPassword: false,
    notify: false,
    lineEnd: 'lf',
  });
});

test.each(['', 'null', '[]', '"dark"', '15', '{"theme":', '{"theme":null}', '[{"theme":"dark"}]'])(
  '%j is no choice at all',
  (text) => {
    expect(parseSettings(text)).toEqual(DEFAULTS);
  },
);

test('a choice that is none of its kind is the default, and the others stand', () => {
  const text = '{"theme":"dark","contrast":"less","notify":"true","maskPassword":true,"later":1}';
  expect(parseSettings(text)).toEqual({ ...DEFAULTS, theme: 'dark', maskPassword: true });
});

test('any JSON at all gives choices that can be written and read', () => {
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
      const choices = parseSettings(JSON.stringify(value));
      expect(Object.keys(choices)).toEqual(Object.keys(DEFAULTS));
      expect(parseSettings(serializeSettings(choices))).toEqual(choices);
    }),
  );
});

describe('a font size', () => {
  test.each([
    [10, 10],
    [32, 32],
    [9, 10],
    [33, 32],
    [15.4, 15],
    [-1e300, 10],
    [Infinity, 32],
    [Number.NaN, 15],
    ['20', 15],
    [null, 15],
  ])('of %j is %i', (given, taken) => {
    expect(validSettings({ fontSize: given }).fontSize).toBe(taken);
  });
});
