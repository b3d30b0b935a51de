// The tools in the header that concern the text on the screen: copy, download and clear.

import { copy } from '../ui/clipboard.ts';
import { requireElement } from '../ui/dom.ts';
import { download } from '../ui/download.ts';
import type { Toast } from '../ui/toast.ts';
import type { Screen } from './screen.ts';

export interface PageToolsDependencies {
  screen: Pick<Screen, 'selection' | 'transcript' | 'clear'>;
  toast: Pick<Toast, 'show'>;
  /** For the transcript. */
  fileName: string;
  /** Called after a tool was used, to move the focus. */
  returnToLine(): void;
}

export class PageTools {
  readonly #deps: PageToolsDependencies;

  /** @param tools The element that contains the buttons. */
  constructor(tools: HTMLElement, deps: PageToolsDependencies) {
    this.#deps = deps;
    const onClick = (selector: string, listener: () => void) =>
      requireElement(tools, selector).addEventListener('click', listener);
    onClick('#copy-button', () => void this.copy());
    onClick('#download-button', () => {
      download(deps.screen.transcript, deps.fileName);
      deps.returnToLine();
    });
    onClick('#clear-button', () => {
      deps.screen.clear();
      deps.returnToLine();
    });
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
}
