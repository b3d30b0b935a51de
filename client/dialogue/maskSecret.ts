const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Masks a password for display.
 *
 * @returns A bullet (U+2022) for each grapheme: an emoji and its skin tone are one.
 */
export function maskSecret(text: string): string {
  return Array.from(graphemes.segment(text), () => '•').join('');
}
