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
  return (open) => {
    if (parts.isLoaded) return parts.use((loaded) => open(loaded, ''));
    field.value = '';
    dialog.showModal();
    parts.use((loaded) => {
      const isCanceled = !dialog.open;
      dialog.close();
      if (!isCanceled) open(loaded, field.value);
    });
  };
}
