// What counts as plain text, and how anything else is shown (PROTOCOL.md, "Plain text").
// A terminal obeys control characters, bidi controls reorder what a reader sees, and a byte order
// mark makes a word look like another: none may travel from one person to another's screen. The
// store refuses them; every screen escapes them.

// Cc: C0, DEL and C1. Zl and Zp: U+2028 and U+2029. TAB is harmless. (Unicode 16, PropList.txt)
const CONTROL = /(?!\t)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\u{feff}]/u;
const CONTROLS = new RegExp(CONTROL, 'gu');
/** JSON has C0 escaped already; between its values, LF and TAB are white space. */
const CONTROLS_ABOVE_C0 = new RegExp(`(?![\\0-\\x1f])${CONTROL.source}`, 'gu');

/**
 * Whether text holds no control character but TAB, no line separator, no bidi control and no byte
 * order mark.
 */
export function isPlainText(text: string): boolean {
  return !CONTROL.test(text);
}

/**
 * Makes text safe to show: each control character becomes what `cat -v` would print (`^[` for
 * ESC, `^?` for DEL) or, above ASCII, its code point (`\u{9b}`). Plain text comes back as it was.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, escapeControl);
}

/**
 * Makes JSON safe to show: each control character that JSON leaves as it is becomes its JSON escape
 * (`\u009b`; RFC 8259, section 7). It still means the same.
 */
export function escapeControlsInJson(json: string): string {
  return json.replace(CONTROLS_ABOVE_C0, escapeInJson);
}

// All of them are one UTF-16 code unit.
function escapeInJson(control: string): string {
  return `\\u${control.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function escapeControl(control: string): string {
  const code = control.codePointAt(0) ?? 0;
  if (code < 0x80) return `^${String.fromCharCode(code ^ 0x40)}`;
  return `\\u{${code.toString(16)}}`;
}
