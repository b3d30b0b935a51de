// Which keys pressed in the terminal are the page's, and which the browser's. All others are the
// line editor's.

/** What the page does. */
export type PageShortcut = 'find' | 'help' | 'copy' | 'pageUp' | 'pageDown';

export type Shortcut = PageShortcut | 'browser' | 'terminal';

/** What the line editor has for Ctrl and a letter (editorKeys.ts). */
const EDITOR_LETTERS = 'abcdeghjklmnpruwy';

export interface ShortcutContext {
  /** Text in the terminal is selected. */
  isSelected: boolean;
  /** Nothing is on the line. */
  isLineEmpty: boolean;
  /** A command of the message server is asked for. */
  isCommandAsked: boolean;
}

/** The part of a KeyboardEvent that tells. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>;

export function shortcutFor(press: KeyPress, situation: ShortcutContext): Shortcut {
  const { key, altKey, metaKey } = press;
  if (altKey) return 'terminal';
  if (metaKey) return key.toLowerCase() === 'f' ? 'find' : 'browser';
  if (press.ctrlKey) return withCtrl(press, situation);
  switch (key) {
    case 'Tab':
      // Tab is no trap: WCAG 2.2, 2.1.2.
      return press.shiftKey || situation.isLineEmpty ? 'browser' : 'terminal';
    case 'F1':
      return 'help';
    case '?':
      return situation.isCommandAsked && situation.isLineEmpty ? 'help' : 'terminal';
    case 'PageUp':
      return 'pageUp';
    case 'PageDown':
      return 'pageDown';
    default:
      return /^F\d+$/.test(key) ? 'browser' : 'terminal';
  }
}

function withCtrl({ key, shiftKey }: KeyPress, { isSelected }: ShortcutContext): Shortcut {
  const letter = key.toLowerCase();
  if (letter === 'c' && (isSelected || shiftKey)) return 'copy';
  if (letter === 'f' && !shiftKey) return 'find';
  // Those with names are the arrows and their like.
  if (letter.length > 1) return letter === 'tab' ? 'browser' : 'terminal';
  return EDITOR_LETTERS.includes(letter) && !shiftKey ? 'terminal' : 'browser';
}
