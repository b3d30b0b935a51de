const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * Stands in for a password on a screen that others may see.
 *
 * @returns A bullet (U+2022) for each character a person sees: an emoji with its skin tone is one.
 */
export function maskSecret(text: string): string {
  return Array.from(graphemes.segment(text), () => '•').join('');
}
