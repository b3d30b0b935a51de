// Opens and closes the page's dialogs. The browser itself handles Escape, and returns the focus.

/**
 * Makes Escape, its `.close` button and a click outside close a dialog.
 *
 * @param onOpen Called before the dialog is shown.
 * @returns A function that opens the dialog. When it closes, the focus returns to where it was; if
 *   that is gone from the page, to what is around it.
 */
export function modal(dialog: HTMLDialogElement, onOpen: () => void = () => {}): () => void {
  dialog.querySelector('.close')?.addEventListener('click', () => dialog.close());
  closeOnOutsideClick(dialog);
  return () => {
    if (dialog.open) return;
    onOpen();
    focusAroundOnceGone(document.activeElement, dialog);
    dialog.showModal();
    // Chromium focuses the first control instead.
    if (dialog.autofocus) dialog.focus();
    dialog.scrollTop = 0;
  };
}

/** The browser returns the focus to the opener only if it is still in the page. */
function focusAroundOnceGone(opener: Element | null, dialog: HTMLDialogElement): void {
  const around = opener?.parentElement?.closest<HTMLElement>('[tabindex]');
  const onClose = () => {
    if (!opener?.isConnected) around?.focus();
  };
  dialog.addEventListener('close', onClose, { once: true });
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
