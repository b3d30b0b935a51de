// Finds http and https URLs in a text. Pure; the terminal uses the same expression.

// A URL ends before a printable character that RFC 3986 does not allow in a URI (section 2), and
// before punctuation that closes a sentence or a quotation. A pair of parentheses belongs to the
// URL, a single one to the text around it.
const INSIDE = '[^\\s"\'<>`{}|\\\\^()«»\\u2018-\\u201f\\u3000-\\u303f\\uff00-\\uff0f]';
const LAST =
  '[^\\s"\'<>`{}|\\\\^()«»\\u2018-\\u201f\\u3000-\\u303f\\uff00-\\uff0f.,:;!?~*_\\[\\]…]';
const PARENTHESIZED = `\\(${INSIDE}*\\)`;

/** An http or https URL. Without the flag `g`, which xterm's addon for links adds. */
export const LINK = new RegExp(
  `https?://(?:${INSIDE}|${PARENTHESIZED})*(?:${LAST}|${PARENTHESIZED})`,
  'i',
);

const LINKS = new RegExp(LINK, 'gi');

export interface TextPart {
  text: string;
  isLink: boolean;
}

/** Splits a text into URLs and the parts between them, without a gap. */
export function splitLinks(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: url, index } of text.matchAll(LINKS)) {
    if (index > end) parts.push({ text: text.slice(end, index), isLink: false });
    parts.push({ text: url, isLink: true });
    end = index + url.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isLink: false });
  return parts;
}
