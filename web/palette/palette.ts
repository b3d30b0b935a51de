// The command palette: a dialog with a field to type in, and everything that the page can do.
//
// The focus stays in the field; arrow keys move through the list (ARIA Authoring Practices,
// "Combobox", "List autocomplete with automatic selection").

import { type ListedTarget, listTargets } from '../targets/listedTarget.ts';
import { element } from '../ui/element.ts';
import { iconButton } from '../ui/iconButton.ts';
import { withKeys } from '../ui/keys.ts';
import { modal } from '../ui/modal.ts';
import { TOUCH_DEVICE } from '../ui/platform.ts';
import { entersText } from '../ui/textKeys.ts';
import { type PaletteDependencies, type PaletteEntry, paletteEntries } from './entries.ts';
import { filterEntries, type Group } from './match.pure.ts';

interface Option {
  readonly entry: PaletteEntry;
  readonly element: HTMLElement;
}

/** The options move to the index that these keys return. */
const MOVES: Readonly<Record<string, (index: number, count: number) => number>> = {
  ArrowDown: (index, count) => (index + 1) % count,
  ArrowUp: (index, count) => (index + count - 1) % count,
  Home: () => 0,
  End: (_index, count) => count - 1,
};

export class Palette {
  readonly #show: () => void;
  readonly #deps: PaletteDependencies;
  readonly #input = element('input', {
    type: 'text',
    role: 'combobox',
    ariaLabel: 'Search commands, tools and settings',
    ariaAutoComplete: 'list',
    ariaExpanded: 'true',
    placeholder: 'What do you want to do?',
    autocomplete: 'off',
    autocapitalize: 'none',
    spellcheck: false,
    enterKeyHint: 'go',
    oninput: () => this.#filter(),
  });
  readonly #close = iconButton('close', { className: 'close', ariaLabel: 'Close' });
  readonly #list = element('div', { id: 'palette-list', role: 'listbox', ariaLabel: 'Results' });
  readonly #status = element('p', { role: 'status' });
  readonly #dialog: HTMLDialogElement;
  #targets: readonly ListedTarget[] = [];
  #entries: readonly PaletteEntry[] = [];
  #options: readonly Option[] = [];
  #active = 0;

  constructor(deps: PaletteDependencies) {
    this.#deps = deps;
    this.#input.setAttribute('aria-controls', this.#list.id);
    const head = element('div', { className: 'search' }, this.#input, this.#close);
    this.#dialog = element(
      'dialog',
      { id: 'palette', ariaLabel: 'Commands and tools' },
      head,
      this.#status,
      this.#list,
    );
    // The dialog itself gets the focus on a touch screen: the keyboard would cover the list.
    this.#dialog.tabIndex = -1;
    this.#dialog.addEventListener('keydown', (event) => this.#keyDown(event));
    document.body.append(this.#dialog);
    this.#show = modal(this.#dialog, () => {
      this.#dialog.autofocus = matchMedia(TOUCH_DEVICE).matches;
      this.#active = 0;
      this.#options = [];
      this.#update();
      void this.#loadTargets();
    });
  }

  /** Opens the palette with a text to search for; when it closes, the focus returns. */
  open(typed = ''): void {
    this.#input.value = typed;
    this.#show();
  }

  /** The targets may change while the page is open. */
  async #loadTargets(): Promise<void> {
    try {
      const targets = await listTargets();
      if (JSON.stringify(targets) === JSON.stringify(this.#targets)) return;
      this.#targets = targets;
      this.#update();
    } catch {
      // Offline: the page of another target could not be loaded, either.
    }
  }

  /** Keeps the selection, unless it is gone. */
  #update(): void {
    const selected = this.#options[this.#active]?.entry.label;
    this.#entries = paletteEntries(this.#deps, this.#targets);
    this.#filter();
    const index = this.#options.findIndex(({ entry }) => entry.label === selected);
    if (index > 0) this.#activate(index);
  }

  #filter(): void {
    const groups = filterEntries(this.#input.value, this.#entries);
    const options: Option[] = [];
    this.#list.replaceChildren(...groups.map((group, i) => this.#drawGroup(group, i, options)));
    this.#options = options;
    // A list box without options is not valid.
    this.#list.hidden = options.length === 0;
    this.#status.textContent = options.length === 0 ? 'Nothing matches.' : '';
    this.#activate(0);
  }

  #drawGroup(group: Group<PaletteEntry>, index: number, options: Option[]): HTMLElement {
    const title = element('div', { id: `palette-group-${index}` }, group.title);
    const rows = group.entries.map((entry) => {
      const row = this.#drawOption(entry, options.length);
      options.push({ entry, element: row });
      return row;
    });
    const drawn = element('div', { role: 'group' }, title, ...rows);
    drawn.setAttribute('aria-labelledby', title.id);
    title.role = 'presentation';
    return drawn;
  }

  #drawOption(entry: PaletteEntry, index: number): HTMLElement {
    const { label, detail = '', keys = '', isChosen } = entry;
    return element(
      'div',
      {
        id: `palette-option-${index}`,
        role: 'option',
        ariaSelected: 'false',
        ...(isChosen === undefined ? {} : { ariaChecked: String(isChosen) }),
        onclick: () => this.#run(index),
        onpointermove: () => this.#activate(index),
      },
      element('span', { className: 'label' }, label),
      element('span', { className: 'detail' }, detail),
      element('span', { className: 'keys' }, ...withKeys(keys)),
    );
  }

  #activate(index: number): void {
    this.#options[this.#active]?.element.setAttribute('aria-selected', 'false');
    this.#active = index;
    const option = this.#options[index]?.element;
    option?.setAttribute('aria-selected', 'true');
    this.#input.setAttribute('aria-activedescendant', option?.id ?? '');
  }

  #keyDown(event: KeyboardEvent): void {
    const { key, isComposing } = event;
    if (isComposing || event.target === this.#close) return;
    const count = this.#options.length;
    const move = event.shiftKey || event.altKey || count === 0 ? undefined : MOVES[key];
    if (move !== undefined) {
      event.preventDefault();
      this.#activate(move(this.#active, count));
      this.#options[this.#active]?.element.scrollIntoView({ block: 'nearest' });
    } else if (key === 'Enter') {
      event.preventDefault();
      this.#run(this.#active);
    } else if (entersText(event)) this.#input.focus();
  }

  /** The focus returns first: an entry may move it on. */
  #run(index: number): void {
    const option = this.#options[index];
    if (option === undefined) return;
    this.#dialog.close();
    option.entry.run();
  }
}
