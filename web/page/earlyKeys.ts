// Keeps what is typed before the page's script has loaded. Part of the script in index.html (boot.ts).

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
    const data = dataOf(event);
    if (window.earlySocket === undefined || data === undefined) return;
    event.preventDefault();
    window.earlyKeys += data;
  });
}

function dataOf(event: KeyboardEvent): string | undefined {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
  const hasModifier = ctrlKey || altKey || metaKey;
  // AltGr is reported as Ctrl and Alt on Windows.
  if (!hasModifier || event.getModifierState('AltGraph')) {
    return KEYS[key] ?? (/^.$/su.test(key) ? key : undefined);
  }
  const isCtrl = ctrlKey && !altKey && !metaKey && !shiftKey;
  return isCtrl ? CTRL_KEYS[key.toLowerCase()] : undefined;
}
