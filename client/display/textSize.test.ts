import { expect, test } from 'vitest';
import { fitText } from './textSize.pure.ts';

/** A text that fits up to a size; set as a long one, up to another. */
function sized(shortPx: number, longPx: number, shorterSidePx: number) {
  const shown = { isLong: false, fontPx: 0 };
  fitText(
    {
      setLong: (isLong) => Object.assign(shown, { isLong }),
      setFontPx: (fontPx) => Object.assign(shown, { fontPx }),
      fits: () => shown.fontPx <= (shown.isLong ? longPx : shortPx),
    },
    shorterSidePx,
  );
  return shown;
}

test.each([
  ['is as large as it fits', 100, 100, { isLong: false, fontPx: 100 }],
  ['is never larger than a quarter of the shorter side', 999, 999, { isLong: false, fontPx: 250 }],
  ['that would be small is set as a long one', 59, 70, { isLong: true, fontPx: 70 }],
  ['that fits nowhere has 16 pixels, and scrolls', 1, 1, { isLong: true, fontPx: 16 }],
])('a text %s', (_rule, shortPx, longPx, shown) => {
  expect(sized(shortPx, longPx, 1000)).toEqual(shown);
});

test('a text on a tiny screen has 16 pixels', () => {
  expect(sized(999, 999, 40)).toEqual({ isLong: false, fontPx: 16 });
});
