import { copy } from '../ui/clipboard.ts';
import type { Toast } from '../ui/toast.ts';
import type { Screen } from './screen.ts';

/**
 * Copies the selection of the terminal, or everything if nothing is selected.
 *
 * @param returnToLine Moves the focus, before the toast is announced.
 */
export async function copyFromTerminal(
  { selection, transcript }: Pick<Screen, 'selection' | 'transcript'>,
  toast: Pick<Toast, 'show'>,
  returnToLine: () => void,
): Promise<void> {
  const isCopied = await copy(selection || transcript);
  returnToLine();
  if (!isCopied) toast.show('Copying is not possible in this browser.');
  else toast.show(selection ? 'Copied.' : 'Copied everything.');
}
