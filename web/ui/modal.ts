// What every dialog of the page does. Escape, and the focus that goes back, are the browser's.

/**
 * Opens a dialog from a button; Escape, its `.close` button and a click beside it close it.
 *
 * @param onOpen Called just before it is shown.
 * @returns Opens it from elsewhere; the focus then goes back to where it was.
 */
export function modal(
  dialog: HTMLDialogElement,
  opener: HTMLElement,
  onOpen: () => void = () => {},
): () => void {
  const open = () => {
    if (dialog.open) return;
    onOpen();
    dialog.showModal();
    dialog.scrollTop = 0;
  };
  opener.addEventListener('click', () => {
    // Safari focuses no button that is clicked, and would give the focus back to something else.
    opener.focus();
    open();
  });
  dialog.querySelector('.close')?.addEventListener('click', () => dialog.close());
  closeBeside(dialog);
  return open;
}

/** A press that begins inside, as when text is selected, is not beside it, wherever it ends. */
function closeBeside(dialog: HTMLDialogElement): void {
  let beganBeside = false;
  dialog.addEventListener('pointerdown', (event) => {
    beganBeside = isBeside(dialog, event);
  });
  dialog.addEventListener('click', (event) => {
    if (beganBeside && isBeside(dialog, event)) dialog.close();
  });
}

function isBeside(dialog: HTMLDialogElement, { target, clientX, clientY }: MouseEvent): boolean {
  // The backdrop's clicks are the dialog's own; so are those on its padding.
  if (target !== dialog) return false;
  const { left, right, top, bottom } = dialog.getBoundingClientRect();
  return clientX < left || clientX > right || clientY < top || clientY > bottom;
}
