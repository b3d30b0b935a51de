// Where a text holds web addresses. Pure; the terminal looks for them with the same expression.

// Printable characters that RFC 3986 leaves out of a URI (section 2), and what closes a sentence or
// a quotation, end an address. A pair of brackets belongs to it, a single one to the text around
// it.
const INSIDE = '[^\\s"\'<>`{}|\\\\^()«»\\u2018-\\u201f\\u3000-\\u303f\\uff00-\\uff0f]';
const LAST =
  '[^\\s"\'<>`{}|\\\\^()«»\\u2018-\\u201f\\u3000-\\u303f\\uff00-\\uff0f.,:;!?~*_\\[\\]…]';
const BRACKETED = `\\(${INSIDE}*\\)`;

/** One address, http or https. (Without the flag `g`: xterm's addon for links adds it.) */
export const LINK = new RegExp(`https?://(?:${INSIDE}|${BRACKETED})*(?:${LAST}|${BRACKETED})`, 'i');

const LINKS = new RegExp(LINK, 'gi');

export interface TextPart {
  text: string;
  isLink: boolean;
}

/** Cuts a text into addresses and what stands between them; together they are the text. */
export function partsOf(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let end = 0;
  for (const { 0: address, index } of text.matchAll(LINKS)) {
    if (index > end) parts.push({ text: text.slice(end, index), isLink: false });
    parts.push({ text: address, isLink: true });
    end = index + address.length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isLink: false });
  return parts;
}
