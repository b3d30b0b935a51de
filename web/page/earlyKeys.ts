// Keeps what is typed before the page's script has loaded. Part of the script in index.html (boot.ts).

declare global {
  interface Window {
    /** What was typed, in the form of xterm's `onData`. */
    earlyKeys?: string;
  }
}

const KEYS: Readonly<Record<string, string>> = { Enter: '\r', Backspace: '\x7f' };

/** Keeps the keys as long as the page has not taken its first WebSocket (earlySocket.ts). */
export function keepEarlyKeys(): void {
  window.earlyKeys = '';
  addEventListener('keydown', (event) => {
    const { key, ctrlKey, altKey, metaKey } = event;
    const data = key.length === 1 ? key : KEYS[key];
    if (window.earlySocket === undefined || data === undefined) return;
    if ((ctrlKey || altKey || metaKey) && !event.getModifierState('AltGraph')) return;
    event.preventDefault();
    window.earlyKeys += data;
  });
}
