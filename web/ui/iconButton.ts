// Creates buttons that show an icon, in the parts that are loaded later. index.html has the icons of
// the first view.

import { button } from './element.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Each a path on a grid of 24 by 24. */
const ICONS = {
  again: 'M5 12a7 7 0 1 0 2-5L4.5 9.5M4.5 5v4.5H9',
  close: 'm6 6 12 12M18 6 6 18',
  copy:
    'M11 9h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-7a2 2 0 0 1 2-2zM15 5.5V5a1.5 1.5 0 0 0' +
    '-1.5-1.5H5.5A1.5 1.5 0 0 0 4 5v8.5A1.5 1.5 0 0 0 5.5 15H6',
  down: 'm6 9 6 6 6-6',
  up: 'm6 15 6-6 6 6',
};

export function iconButton(
  icon: keyof typeof ICONS,
  properties: Partial<HTMLButtonElement> & { ariaLabel: string },
): HTMLButtonElement {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('viewBox', '0 0 24 24');
  path.setAttribute('d', ICONS[icon]);
  svg.append(path);
  return button(properties, svg);
}
