// Decodes UTF-8 from byte strings (defined in lines.ts). TextDecoder is not part of ECMAScript, so
// pure files do without it; decodeURIComponent is, and decodes percent-encoded UTF-8 strictly.

/** The character that decoders substitute for invalid UTF-8 (Unicode 16, section 3.9, U+FFFD). */
export const REPLACEMENT = '\u{fffd}';

const ASCII = /^[\0-\x7f]*$/;
const PERCENT_OR_HIGH = /[%\x80-\xff]/g;
const HIGH = /[\x80-\xff]/g;

/**
 * Decodes UTF-8.
 *
 * @param bytes A byte string.
 * @returns The text; `undefined` if the bytes are not well-formed UTF-8 (RFC 3629, section 4: no
 *   overlong form, no surrogate, nothing above U+10FFFF).
 */
export function decodeUtf8(bytes: string): string | undefined {
  if (ASCII.test(bytes)) return bytes;
  try {
    // Throws URIError on everything that RFC 3629 forbids (ECMA-262, "Decode").
    return decodeURIComponent(bytes.replace(PERCENT_OR_HIGH, percentEncode));
  } catch {
    return undefined;
  }
}

/** Decodes UTF-8 for display; if it is invalid, shows every byte above ASCII as `\xff`. */
export function decodeForDisplay(bytes: string): string {
  return decodeUtf8(bytes) ?? bytes.replace(HIGH, (byte) => `\\x${hex(byte)}`);
}

function percentEncode(byte: string): string {
  return `%${hex(byte)}`;
}

function hex(byte: string): string {
  return byte.charCodeAt(0).toString(16);
}
