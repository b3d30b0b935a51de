// The contrast of every pair of colors that meet on the page.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const FOLDER = new URL('.', import.meta.url);
const SHEETS = readdirSync(FOLDER).filter((name) => name.endsWith('.css'));
const COLORS = readFileSync(new URL('colors.css', FOLDER), 'utf8');
const HTML = readFileSync(new URL('../index.html', import.meta.url), 'utf8');
const MANIFEST = readFileSync(new URL('../public/manifest.webmanifest', import.meta.url), 'utf8');

/** A variable and its color, on a line of its own. */
const VARIABLE = /^ {2}--([\w-]+): (#[0-9a-f]{6});$/gm;

type Palette = Record<string, string>;

const DARK = variables(':root');
const LIGHT = { ...DARK, ...variables(':root[data-theme="light"]') };
const MORE = variables(':root[data-contrast="more"]');
const LIGHT_MORE = variables(':root[data-theme="light"][data-contrast="more"]');

const APPEARANCES = [
  { name: 'dark', palette: DARK, text: 4.5, visible: 3 },
  { name: 'light', palette: LIGHT, text: 4.5, visible: 3 },
  { name: 'dark, more contrast', palette: { ...DARK, ...MORE }, text: 7, visible: 4.5 },
  {
    name: 'light, more contrast',
    palette: { ...LIGHT, ...MORE, ...LIGHT_MORE },
    text: 7,
    visible: 4.5,
  },
];

const BACKGROUNDS = ['background', 'surface'];
const MATCHES = ['match', 'match-active'];
const TEXTS = ['text', 'muted', 'success', 'warning', 'error', 'link'];

describe.each(APPEARANCES)('$name', ({ palette, text, visible }) => {
  const contrast = (one: string, other: string) => contrastOf(palette, one, other);

  test.each(TEXTS)('%s is readable on every background and search result', (name) => {
    for (const background of [...BACKGROUNDS, ...MATCHES]) {
      expect(contrast(name, background), `on ${background}`).toBeGreaterThanOrEqual(text);
    }
  });

  test('selected text is readable', () => {
    expect(contrast('selection-text', 'selection')).toBeGreaterThanOrEqual(text);
  });

  test('a selection is visible', () => {
    expect(contrast('selection', 'background')).toBeGreaterThanOrEqual(visible);
  });

  test('the cursor is visible, and the letter under it readable', () => {
    expect(contrast('success', 'background')).toBeGreaterThanOrEqual(text);
  });

  test.each(['border', 'focus', 'success', 'warning', 'error'])(
    '%s is visible on every background',
    (name) => {
      for (const background of BACKGROUNDS) {
        expect(contrast(name, background), `on ${background}`).toBeGreaterThanOrEqual(visible);
      }
    },
  );

  test('the borders of search results are visible', () => {
    expect(contrast('border', 'match')).toBeGreaterThanOrEqual(visible);
    expect(contrast('focus', 'match-active')).toBeGreaterThanOrEqual(visible);
  });

  test('every color is checked', () => {
    const others = ['border', 'focus', 'selection', 'selection-text'];
    const checked = [...BACKGROUNDS, ...MATCHES, ...TEXTS, ...others];
    expect(Object.keys(palette).toSorted()).toEqual([...checked, 'divider'].toSorted());
  });
});

test('computes contrast like WCAG 2.2', () => {
  const palette = { black: '#000000', white: '#ffffff', gray: '#767676', red: '#ff0000' };
  expect(contrastOf(palette, 'black', 'white')).toBeCloseTo(21, 5);
  expect(contrastOf(palette, 'gray', 'white')).toBeCloseTo(4.54, 2);
  expect(contrastOf(palette, 'white', 'red')).toBeCloseTo(4, 2);
});

test.each(SHEETS)('%s has no color outside the variables of colors.css', (name) => {
  const css = readFileSync(new URL(name, FOLDER), 'utf8').replaceAll(/\/\*.*?\*\//gs, '');
  const rest = name === 'colors.css' ? css.replaceAll(VARIABLE, '') : css;
  expect(rest).not.toMatch(/#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(/i);
});

test('index.html and the manifest start with the page’s colors', () => {
  const metas = [...HTML.matchAll(/<meta name="theme-color"(.*?) content="(.*?)"/g)];
  expect(metas.map(([, media, color]) => [media, color])).toEqual([
    [' media="(prefers-color-scheme: light)"', LIGHT['surface']],
    ['', DARK['surface']],
  ]);
  expect(JSON.parse(MANIFEST)).toMatchObject({
    theme_color: DARK['surface'],
    background_color: DARK['background'],
  });
});

/** The variables that colors.css sets under exactly this selector. */
function variables(selector: string): Palette {
  const start = COLORS.indexOf(`\n${selector} {\n`);
  if (start < 0) throw new Error(`colors.css has no ${selector}`);
  const rule = COLORS.slice(start, COLORS.indexOf('\n}', start));
  const found = rule.matchAll(VARIABLE);
  return Object.fromEntries(Array.from(found, ([, name, color]) => [name, color]));
}

/** WCAG 2.2, "contrast ratio". */
function contrastOf(palette: Palette, one: string, other: string): number {
  const [brighter = 0, darker = 0] = [one, other]
    .map((name) => luminance(palette[name] ?? ''))
    .toSorted((a, b) => b - a);
  return (brighter + 0.05) / (darker + 0.05);
}

/** WCAG 2.2, "relative luminance". */
function luminance(color: string): number {
  const [red = Number.NaN, green = Number.NaN, blue = Number.NaN] = [1, 3, 5]
    .map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255)
    .map((share) => (share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
