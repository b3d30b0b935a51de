// Runs the page's keyboard shortcuts (ui/shortcuts.ts), in the terminal and outside it.

import { asksForCommand } from '../../client/dialogue/conversation.ts';
import { requireElement } from '../ui/dom.ts';
import type { NativeField } from '../ui/nativeField.ts';
import { type PageShortcut, shortcutFor } from '../ui/shortcuts.ts';
import type { PageConversation } from './pageConversation.ts';
import type { Screen } from './screen.ts';

export interface PageKeysDependencies {
  /** The element of the terminal. */
  terminal: HTMLElement;
  screen: Pick<Screen, 'selection' | 'scrollPages'>;
  field: Pick<NativeField, 'isShown'>;
  conversation: Pick<PageConversation, 'isLineEmpty' | 'hasTextAfterCursor' | 'promptKind'>;
  copy(): void;
}

/** The buttons of the page that do the same. */
const BUTTONS = { find: '#find-button', help: '#help-button', palette: '#more-button' };

export class PageKeys {
  readonly #deps: PageKeysDependencies;

  constructor(deps: PageKeysDependencies) {
    this.#deps = deps;
  }

  /** @returns Whether the page or the browser handles the key, and the terminal does not. */
  keyDownInTerminal(event: KeyboardEvent): boolean {
    const { screen, field, conversation } = this.#deps;
    const shortcut = shortcutFor(event, {
      hasSelection: screen.selection !== '',
      isLineEmpty: field.isShown || conversation.isLineEmpty,
      hasTextAfterCursor: conversation.hasTextAfterCursor,
      isCommandPrompt: asksForCommand(conversation.promptKind),
    });
    if (shortcut === 'terminal') return false;
    if (shortcut !== 'browser') this.#run(shortcut, event);
    return true;
  }

  /** Outside the terminal, the browser handles the keys for editing and copying. */
  keyDownOutsideTerminal(event: KeyboardEvent): void {
    if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
    const { activeElement } = document;
    if (this.#deps.terminal.contains(activeElement)) return;
    const shortcut = shortcutFor(event, {
      hasSelection: false,
      isLineEmpty: false,
      hasTextAfterCursor:
        activeElement instanceof HTMLInputElement &&
        (activeElement.selectionStart ?? 0) < activeElement.value.length,
      isCommandPrompt: false,
    });
    if (shortcut === 'terminal' || shortcut === 'browser' || shortcut === 'copy') return;
    // The browser scrolls the history and a long message.
    const isScrolling = shortcut === 'pageUp' || shortcut === 'pageDown';
    if (isScrolling && activeElement?.closest('#history, #message')) return;
    this.#run(shortcut, event);
  }

  #run(shortcut: PageShortcut, event: KeyboardEvent): void {
    const { screen, copy } = this.#deps;
    event.preventDefault();
    switch (shortcut) {
      case 'find':
      case 'help':
      case 'palette':
        requireElement(document, BUTTONS[shortcut]).click();
        break;
      case 'copy':
        copy();
        break;
      case 'pageUp':
        screen.scrollPages(-1);
        break;
      case 'pageDown':
        screen.scrollPages(1);
        break;
      default:
        shortcut satisfies never;
    }
  }
}
