// Defines plain text, and escapes all other characters (PROTOCOL.md, "Plain text"). A terminal
// executes control characters, bidi controls reorder the text a user sees, and an invisible byte
// order mark makes two different words look the same. One user must not be able to send them to the
// screen of another: the store rejects them, and every screen escapes them.

// Cc: C0, DEL and C1. Zl and Zp: U+2028 and U+2029. TAB is harmless. (Unicode 16, PropList.txt)
const CONTROL = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u{feff}]/u;
const CONTROLS = new RegExp(CONTROL, 'gu');
/** Most texts are, and this takes a fifth of the time. */
const PRINTABLE_ASCII = /^[\t\x20-\x7e]*$/;
/** JSON already escapes C0 inside strings; between values, LF and TAB are white space. */
const CONTROLS_ABOVE_C0 = new RegExp(`(?![\\0-\\x1f])${CONTROL.source}`, 'gu');

/**
 * Whether a text contains no control character except TAB, no line separator, no bidi control and
 * no byte order mark.
 */
export function isPlainText(text: string): boolean {
  return !CONTROL.test(text);
}

/**
 * Makes a text safe to display. Replaces each control character by what `cat -v` prints (`^[` for
 * ESC, `^?` for DEL) or, above ASCII, by its code point (`\u{9b}`). Returns plain text unchanged.
 */
export function escapeControls(text: string): string {
  return PRINTABLE_ASCII.test(text) ? text : text.replace(CONTROLS, escapeControl);
}

/**
 * Makes JSON safe to display. Replaces each control character that JSON allows unescaped by its
 * JSON escape (`\u009b`; RFC 8259, section 7). The result parses to the same value.
 */
export function escapeControlsInJson(json: string): string {
  return json.replace(CONTROLS_ABOVE_C0, escapeInJson);
}

// Every such character is one UTF-16 code unit.
function escapeInJson(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function escapeControl(control: string): string {
  const code = control.codePointAt(0) ?? 0;
  if (code < 0x80) return `^${String.fromCharCode(code ^ 0x40)}`;
  return `\\u{${code.toString(16)}}`;
}
