// Connects the buttons and keys of the page, and its settings, to its parts.

import { terminalFontSize } from '../settings/terminalFontSize.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { requireElement } from '../ui/dom.ts';
import type { FindBar } from '../ui/findBar.ts';
import type { InputChoice } from './inputChoice.ts';
import type { LazyPart } from './lazyPart.ts';
import { keepFocusAtLine } from './lineFocus.ts';
import type { PageConversation } from './pageConversation.ts';
import type { PageKeys } from './pageKeys.ts';
import type { Panels } from './panels.ts';
import type { Screen } from './screen.ts';

export interface WiredParts {
  panels: LazyPart<Panels>;
  findBar: FindBar;
  input: InputChoice;
  keys: PageKeys;
  screen: Screen;
  settings: UserSettings;
  conversation: PageConversation;
}

export function wirePage(
  document: Document,
  { panels, findBar, input, keys, screen, settings, conversation }: WiredParts,
): void {
  const onClick = (selector: string, listener: () => void) =>
    requireElement(document, selector).addEventListener('click', listener);
  onClick('#find-button', () => findBar.open());
  onClick('#help-button', () => panels.use(({ help }) => help.open()));
  onClick('#history-button', () => panels.use(({ history }) => history.toggle()));
  onClick('#board-button', () => panels.use(({ board }) => board.open()));
  onClick('#plan-button', () => panels.use(({ plan }) => plan.open()));
  onClick('#settings-button', () => panels.use(({ settings: dialog }) => dialog.open()));
  onClick('#more-button', () => panels.use(({ palette }) => palette.open()));
  onClick('#to-line', () => input.focusLine());
  document.addEventListener('keydown', (event) => keys.keyDownOutsideTerminal(event));
  keepFocusAtLine(document, input, 'header, #message-bar button');

  const applyFontSize = () => {
    screen.fontSize = terminalFontSize(settings);
  };
  window.addEventListener('resize', applyFontSize);
  settings.onChange((key) => {
    if (key === 'fontSize') applyFontSize();
    if (key === 'maskPassword') conversation.draw();
  });
}
