// Draws keys in a text. They stand in brackets: [Ctrl-A] is two keys pressed together.

import { element } from './element.ts';
import { IS_MAC } from './platform.ts';

/** The labels on a Mac's keyboard, by their names in browsers. */
const MAC_LABELS: Readonly<Record<string, string>> = { Alt: '⌥', Cmd: '⌘' };

/** The key with which a desktop's own shortcuts are pressed. */
export const COMMAND_KEY = IS_MAC ? 'Cmd' : 'Ctrl';

/** Makes the keys in a text elements. */
export function withKeys(text: string): Node[] {
  // Every second part is what the parentheses match.
  return text
    .split(/\[([^\]]+)\]/)
    .map((part, i) => (i % 2 === 0 ? new Text(part) : keyElement(part.split('-'))));
}

/** Keys that are pressed together are nested (HTML, section 4.5.20). */
function keyElement(keys: readonly string[]): HTMLElement {
  const elements = keys.map((key) => element('kbd', {}, (IS_MAC && MAC_LABELS[key]) || key));
  const [only, ...others] = elements;
  return only !== undefined && others.length === 0 ? only : element('kbd', {}, ...elements);
}
