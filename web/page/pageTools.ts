// The tools that concern the text on the screen: copy and clear.

import { copy } from '../ui/clipboard.ts';
import type { Toast } from '../ui/toast.ts';
import type { Screen } from './screen.ts';

export interface PageToolsDependencies {
  screen: Pick<Screen, 'selection' | 'transcript' | 'clear'>;
  toast: Pick<Toast, 'show'>;
  /** Called after a tool was used, to move the focus. */
  returnToLine(): void;
}

export class PageTools {
  readonly #deps: PageToolsDependencies;

  constructor(deps: PageToolsDependencies) {
    this.#deps = deps;
  }

  get hasSelection(): boolean {
    return this.#deps.screen.selection !== '';
  }

  /** Copies the selection, or everything if nothing is selected. */
  async copy(): Promise<void> {
    const { screen, toast, returnToLine } = this.#deps;
    const { selection } = screen;
    const isCopied = await copy(selection || screen.transcript);
    returnToLine();
    if (!isCopied) toast.show('Copying is not possible in this browser.');
    else toast.show(selection ? 'Copied.' : 'Copied everything.');
  }

  clear(): void {
    this.#deps.screen.clear();
    this.#deps.returnToLine();
  }
}
