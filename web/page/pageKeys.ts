// Runs the page's keyboard shortcuts (ui/shortcuts.ts), in the terminal and outside it.

import { asksForCommand } from '../../client/dialogue/conversation.ts';
import type { NativeField } from '../ui/nativeField.ts';
import { type PageShortcut, shortcutFor } from '../ui/shortcuts.ts';
import type { PageConversation } from './pageConversation.ts';
import type { PageTools } from './pageTools.ts';
import type { Screen } from './screen.ts';

export interface PageKeysDependencies {
  /** The element of the terminal. */
  terminal: HTMLElement;
  screen: Pick<Screen, 'selection' | 'scrollPages'>;
  field: Pick<NativeField, 'isShown'>;
  conversation: Pick<PageConversation, 'isLineEmpty' | 'hasTextAfterCursor' | 'promptKind'>;
  openFind(): void;
  openHelp(): void;
  openPalette(): void;
  tools: Pick<PageTools, 'copy'>;
}

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
    const { screen, openFind, openHelp, openPalette, tools } = this.#deps;
    event.preventDefault();
    switch (shortcut) {
      case 'find':
        openFind();
        break;
      case 'help':
        openHelp();
        break;
      case 'palette':
        openPalette();
        break;
      case 'copy':
        void tools.copy();
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
