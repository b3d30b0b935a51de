// Opens the parts that lie over the page. Until they have been loaded, a dialog with a field takes the
// clicks and the keys: what is typed is meant for the part that opens, and must not reach the line.
// Escape closes the dialog, and nothing opens.

import type { LazyPart } from './lazyPart.ts';

/** @param open Gets what was typed meanwhile. */
export type OpenPart<Parts> = (open: (parts: Parts, typed: string) => void) => void;

/** @param dialog Has one field. The parts' `onFailure` has to close it. */
export function partOpener<Parts>(
  parts: LazyPart<Parts>,
  dialog: HTMLDialogElement,
  field: HTMLInputElement,
): OpenPart<Parts> {
  // After Escape, another part may be opened while they are still being loaded.
  let newest: Parameters<OpenPart<Parts>>[0] | undefined;
  return (open) => {
    if (parts.isLoaded) return parts.use((loaded) => open(loaded, ''));
    newest = open;
    field.value = '';
    dialog.showModal();
    parts.use((loaded) => {
      if (open !== newest || !dialog.open) return;
      dialog.close();
      open(loaded, field.value);
    });
  };
}
