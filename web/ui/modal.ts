// Opens and closes the page's dialogs. The browser itself handles Escape, and returns the focus.

/**
 * Makes Escape, its `.close` button and a click outside close a dialog.
 *
 * @param onOpen Called before the dialog is shown.
 * @returns A function that opens the dialog. When it closes, the focus returns to where it was.
 */
export function modal(dialog: HTMLDialogElement, onOpen: () => void = () => {}): () => void {
  dialog.querySelector('.close')?.addEventListener('click', () => dialog.close());
  closeOnOutsideClick(dialog);
  return () => {
    if (dialog.open) return;
    onOpen();
    dialog.showModal();
    dialog.scrollTop = 0;
  };
}

/** Ignores a press that starts inside, for example to select text, and ends outside. */
function closeOnOutsideClick(dialog: HTMLDialogElement): void {
  let startedOutside = false;
  dialog.addEventListener('pointerdown', (event) => {
    startedOutside = isOutside(dialog, event);
  });
  dialog.addEventListener('click', (event) => {
    if (startedOutside && isOutside(dialog, event)) dialog.close();
  });
}

function isOutside(dialog: HTMLDialogElement, { target, clientX, clientY }: MouseEvent): boolean {
  // The target is the dialog for a click on its backdrop, and for one on its padding.
  if (target !== dialog) return false;
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
