// The colors of style.css, each pair that meets on the page.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const CSS = readFileSync(new URL('../style.css', import.meta.url), 'utf8');
const HTML = readFileSync(new URL('../index.html', import.meta.url), 'utf8');
const MANIFEST = readFileSync(new URL('../public/manifest.webmanifest', import.meta.url), 'utf8');

type Palette = Record<string, string>;

const DARK = variables(':root');
const LIGHT = { ...DARK, ...variables(':root[data-theme="light"]') };
const MORE = variables(':root[data-contrast="more"]');
const LIGHT_MORE = variables(':root[data-theme="light"][data-contrast="more"]');

const LOOKS = [
  { name: 'dark', palette: DARK, text: 4.5, seen: 3 },
  { name: 'light', palette: LIGHT, text: 4.5, seen: 3 },
  { name: 'dark, more contrast', palette: { ...DARK, ...MORE }, text: 7, seen: 4.5 },
  {
    name: 'light, more contrast',
    palette: { ...LIGHT, ...MORE, ...LIGHT_MORE },
    text: 7,
    seen: 4.5,
  },
];

const GROUNDS = ['ground', 'raised'];
const MARKS = ['match', 'match-now'];
const TEXTS = ['text', 'quiet', 'good', 'busy', 'bad', 'link'];

describe.each(LOOKS)('$name', ({ palette, text, seen }) => {
  const contrast = (one: string, other: string) => contrastOf(palette, one, other);

  test.each(TEXTS)('%s is read on every ground, and where it was found', (name) => {
    for (const ground of [...GROUNDS, ...MARKS]) {
      expect(contrast(name, ground), `on ${ground}`).toBeGreaterThanOrEqual(text);
    }
  });

  test('selected text is read', () => {
    expect(contrast('selected', 'selection')).toBeGreaterThanOrEqual(text);
  });

  test('what is selected is seen', () => {
    expect(contrast('selection', 'ground')).toBeGreaterThanOrEqual(seen);
  });

  test('the cursor is seen, and the letter under it read', () => {
    expect(contrast('good', 'ground')).toBeGreaterThanOrEqual(text);
  });

  test.each(['edge', 'focus', 'good', 'busy', 'bad'])('%s is seen on every ground', (name) => {
    for (const ground of GROUNDS) {
      expect(contrast(name, ground), `on ${ground}`).toBeGreaterThanOrEqual(seen);
    }
  });

  test('the frames of what was found are seen, and told apart from what they stand around', () => {
    expect(contrast('edge', 'match')).toBeGreaterThanOrEqual(seen);
    expect(contrast('focus', 'match-now')).toBeGreaterThanOrEqual(seen);
  });

  test('every color has been looked at', () => {
    const looked = [...GROUNDS, ...MARKS, ...TEXTS, 'edge', 'focus', 'selection', 'selected'];
    expect(Object.keys(palette).toSorted()).toEqual([...looked, 'line'].toSorted());
  });
});

test('the contrast is computed as WCAG 2.2 says', () => {
  const palette = { black: '#000000', white: '#ffffff', grey: '#767676', red: '#ff0000' };
  expect(contrastOf(palette, 'black', 'white')).toBeCloseTo(21, 5);
  expect(contrastOf(palette, 'grey', 'white')).toBeCloseTo(4.54, 2);
  expect(contrastOf(palette, 'white', 'red')).toBeCloseTo(4, 2);
});

test('no color stands anywhere else in the style sheet', () => {
  const rest = CSS.replaceAll(/^ {2}--[\w-]+: #[0-9a-f]{6};$/gm, '').replaceAll(
    /\/\*.*?\*\//gs,
    '',
  );
  expect(rest).not.toMatch(/#[0-9a-f]{3,8}\b|\b(rgb|hsl|oklch)a?\(/i);
});

test('the browser’s bar, and the window of the installed page, begin in the page’s colors', () => {
  const metas = [...HTML.matchAll(/<meta name="theme-color"(.*?) content="(.*?)"/g)];
  expect(metas.map(([, media, color]) => [media, color])).toEqual([
    [' media="(prefers-color-scheme: light)"', LIGHT['raised']],
    ['', DARK['raised']],
  ]);
  expect(JSON.parse(MANIFEST)).toMatchObject({
    theme_color: DARK['raised'],
    background_color: DARK['ground'],
  });
});

/** The variables that the style sheet sets under this very selector. */
function variables(selector: string): Palette {
  const start = CSS.indexOf(`\n${selector} {\n`);
  if (start < 0) throw new Error(`style.css has no ${selector}`);
  const rule = CSS.slice(start, CSS.indexOf('\n}', start));
  const found = rule.matchAll(/^ {2}--([\w-]+): (#[0-9a-f]{6});$/gm);
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
