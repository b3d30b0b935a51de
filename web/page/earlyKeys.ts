// Keeps what is typed before the page's script has loaded. Part of the script in index.html (boot.ts).
// It leaves Tab to the browser, which moves the focus.

import { isCharacter, isShortcut } from '../ui/textKeys.ts';

declare global {
  interface Window {
    /** What was typed, in the form of xterm's `onData`. */
    earlyKeys?: string;
  }
}

const KEYS: Readonly<Record<string, string>> = {
  Enter: '\r',
  Backspace: '\x7f',
  Delete: '\x1b[3~',
  ArrowUp: '\x1b[A',
  ArrowDown: '\x1b[B',
  ArrowLeft: '\x1b[D',
  ArrowRight: '\x1b[C',
  Home: '\x1b[H',
  End: '\x1b[F',
};

/** With Ctrl: a discarded line must not be sent. */
const CTRL_KEYS: Readonly<Record<string, string>> = { c: '\x03', u: '\x15' };

/** Keeps the keys as long as the page has not taken its first WebSocket (earlySocket.ts). */
export function keepEarlyKeys(): void {
  window.earlyKeys = '';
  addEventListener('keydown', (event) => {
    if (window.earlySocket === undefined) return;
    const data = dataOf(event);
    if (data === undefined) return;
    event.preventDefault();
    window.earlyKeys += data;
  });
}

function dataOf(event: KeyboardEvent): string | undefined {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
  if (isCharacter(key) && !isShortcut(event)) return key;
  if (altKey || metaKey) return undefined;
  if (!ctrlKey) return KEYS[key];
  return shiftKey || isCopy(key) ? undefined : CTRL_KEYS[key.toLowerCase()];
}

/** Whether Ctrl and a key copy the selected text, as in the terminal. */
function isCopy(key: string): boolean {
  return key.toLowerCase() === 'c' && getSelection()?.isCollapsed === false;
}
