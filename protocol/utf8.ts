// UTF-8 in byte strings (protocol/lines.ts says what those are). The pure rooms know no
// TextDecoder, but the language itself decodes UTF-8, strictly, in percent-encoded form.

/** What decoders put in place of bytes that are not UTF-8 (Unicode 16, section 3.9, U+FFFD). */
export const REPLACEMENT = '\u{fffd}';

const ASCII = /^[\0-\x7f]*$/;
const PERCENT_OR_HIGH = /[%\x80-\xff]/g;
const HIGH = /[\x80-\xff]/g;

/**
 * Decodes UTF-8.
 *
 * @param bytes A byte string.
 * @returns The text; `undefined` where the bytes are not well-formed UTF-8 (RFC 3629, section 4:
 *   no overlong form, no surrogate, nothing above U+10FFFF).
 */
export function decodeUtf8(bytes: string): string | undefined {
  if (ASCII.test(bytes)) return bytes;
  try {
    // ECMA-262, Decode: throws URIError on whatever RFC 3629 forbids.
    return decodeURIComponent(bytes.replace(PERCENT_OR_HIGH, percentEncode));
  } catch {
    return undefined;
  }
}

/** Decodes UTF-8 for somebody to read; where that fails, bytes above ASCII show as `\xff`. */
export function decodeForDisplay(bytes: string): string {
  return decodeUtf8(bytes) ?? bytes.replace(HIGH, (byte) => `\\x${hex(byte)}`);
}

function percentEncode(byte: string): string {
  return `%${hex(byte)}`;
}

function hex(byte: string): string {
  return byte.charCodeAt(0).toString(16);
}
