// Connects the buttons and keys of the page, and its settings, to its parts.

import { terminalFontSize } from '../settings/terminalFontSize.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { requireElement } from '../ui/dom.ts';
import type { InputChoice } from './inputChoice.ts';
import { keepFocusAtLine } from './lineFocus.ts';
import type { OpenPart } from './openPart.ts';
import type { PageConversation } from './pageConversation.ts';
import type { PageKeys } from './pageKeys.ts';
import type { Panels } from './panels.ts';
import type { Screen } from './screen.ts';

export interface WiredParts {
  openPart: OpenPart<Panels>;
  input: InputChoice;
  keys: PageKeys;
  screen: Screen;
  settings: UserSettings;
  conversation: PageConversation;
}

export function wirePage(
  document: Document,
  { openPart, input, keys, screen, settings, conversation }: WiredParts,
): void {
  const onClick = (selector: string, listener: () => void) =>
    requireElement(document, selector).addEventListener('click', listener);
  onClick('#find-button', () => openPart(({ find }, typed) => find.open(typed)));
  onClick('#help-button', () => openPart(({ help }) => help.open()));
  onClick('#history-button', () => openPart(({ history }) => history.toggle()));
  onClick('#board-button', () => openPart(({ board }) => board.open()));
  onClick('#plan-button', () => openPart(({ plan }) => plan.open()));
  onClick('#settings-button', () => openPart(({ settings: dialog }) => dialog.open()));
  onClick('#more-button', () => openPart(({ palette }, typed) => palette.open(typed)));
  onClick('#to-line', () => input.focusLine());
  document.addEventListener('keydown', (event) => keys.keyDownOutsideTerminal(event));
  keepFocusAtLine(document, input, 'header button, #message-bar button');

  const applyFontSize = () => {
    screen.fontSize = terminalFontSize(settings);
  };
  window.addEventListener('resize', applyFontSize);
  settings.onChange((key) => {
    if (key === 'fontSize') applyFontSize();
    if (key === 'maskPassword') conversation.draw();
  });
}
