// Decides which keys pressed in the terminal belong to the page, and which to the browser. All
// others go to the line editor.

/** The page's own actions for keys. */
export type PageShortcut = 'find' | 'help' | 'palette' | 'copy' | 'pageUp' | 'pageDown';

export type Shortcut = PageShortcut | 'browser' | 'terminal';

/** The letters that mean something to the line editor with Ctrl (editorKeys.ts). */
const EDITOR_LETTERS = 'abcdeghjklmnpruwy';

export interface ShortcutContext {
  hasSelection: boolean;
  isLineEmpty: boolean;
  /** Whether there is something for Ctrl-K to delete, as in readline(3). */
  hasTextAfterCursor: boolean;
  /** Whether the prompt asks for a command of the message server. */
  isCommandPrompt: boolean;
}

/** On a Mac. */
const WITH_CMD: Readonly<Record<string, PageShortcut>> = { f: 'find', k: 'palette' };

/** The part of a KeyboardEvent that matters. */
export type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>;

export function shortcutFor(press: KeyPress, context: ShortcutContext): Shortcut {
  const { key, altKey, metaKey } = press;
  if (altKey) return 'terminal';
  if (metaKey) return WITH_CMD[key.toLowerCase()] ?? 'browser';
  if (press.ctrlKey) return withCtrl(press, context);
  switch (key) {
    case 'Tab':
      // Tab must not be a keyboard trap (WCAG 2.2, 2.1.2).
      return press.shiftKey || context.isLineEmpty ? 'browser' : 'terminal';
    case 'F1':
      return 'help';
    case '?':
      return context.isCommandPrompt && context.isLineEmpty ? 'help' : 'terminal';
    case 'PageUp':
      return 'pageUp';
    case 'PageDown':
      return 'pageDown';
    default:
      return /^F\d+$/.test(key) ? 'browser' : 'terminal';
  }
}

function withCtrl({ key, shiftKey }: KeyPress, context: ShortcutContext): Shortcut {
  const { hasSelection, hasTextAfterCursor } = context;
  const letter = key.toLowerCase();
  if (letter === 'c' && (hasSelection || shiftKey)) return 'copy';
  if (letter === 'f' && !shiftKey) return 'find';
  if (letter === 'k' && !shiftKey && !hasTextAfterCursor) return 'palette';
  // Keys with longer names are arrows and the like.
  if (letter.length > 1) return letter === 'tab' ? 'browser' : 'terminal';
  return EDITOR_LETTERS.includes(letter) && !shiftKey ? 'terminal' : 'browser';
}
