// Tells the keys that enter text from those that control something.

import { IS_MAC } from './platform.ts';

type KeyPress = Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'altKey' | 'metaKey' | 'getModifierState'>;

/** The kinds of inputs that take no text. */
const TEXTLESS = /^(?:button|checkbox|radio|range|reset|submit)$/;

/** Whether a key enters a character, composes one, or pastes. */
export function entersText(press: KeyPress): boolean {
  const { key, ctrlKey, altKey, metaKey } = press;
  if (ctrlKey !== metaKey && !altKey && key.toLowerCase() === 'v') return true;
  if (isShortcut(press)) return false;
  return isCharacter(key) || key === 'Dead' || key === 'Process';
}

/** Whether a modifier turns a key into a shortcut: Shift, AltGr, and Option on a Mac do not. */
export function isShortcut(press: KeyPress): boolean {
  const { ctrlKey, altKey, metaKey } = press;
  // AltGr is reported as Ctrl and Alt on Windows.
  if (press.getModifierState('AltGraph')) return false;
  return ctrlKey || metaKey || (altKey && !IS_MAC);
}

/** Whether the name of a key is the character that it types. */
export function isCharacter(key: string): boolean {
  // A letter outside the Basic Multilingual Plane has two units; other names are longer, and ASCII.
  return /^.$/su.test(key);
}

/** Whether an element takes typed text itself. */
export function takesText(element: Element | null): boolean {
  if (element instanceof HTMLInputElement) return !TEXTLESS.test(element.type);
  return element instanceof HTMLTextAreaElement || element instanceof HTMLSelectElement;
}
