// Tells the keys that enter text from those that control something.

type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'getModifierState'>;

/** The kinds of inputs that take no text. */
const TEXTLESS = /^(?:button|checkbox|radio|range|reset|submit)$/;

/** Whether a key enters a character, composes one, or pastes. */
export function entersText(press: KeyPress): boolean {
  const { key, ctrlKey, altKey, metaKey } = press;
  if (ctrlKey !== metaKey && !altKey && key.toLowerCase() === 'v') return true;
  // AltGr is reported as Ctrl and Alt on Windows.
  if ((ctrlKey || altKey || metaKey) && !press.getModifierState('AltGraph')) return false;
  // A letter outside the Basic Multilingual Plane has two units; other names are longer, and ASCII.
  return /^.$/su.test(key) || key === 'Dead' || key === 'Process';
}

/** Whether an element takes typed text itself. */
export function takesText(element: Element | null): boolean {
  if (element instanceof HTMLInputElement) return !TEXTLESS.test(element.type);
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}
