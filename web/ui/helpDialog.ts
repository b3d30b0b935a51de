// The help: the commands, and then what the device has, keys or touch; the other of both is folded.

import type { ServiceHelp } from '../page/targetService.ts';
import { createDialog } from './dialogFrame.ts';
import { element } from './element.ts';
import { COMMAND_HELP, HELP_NOTE, type HelpTable, KEY_HELP, TOUCH_HELP } from './helpText.ts';
import { withKeys } from './keys.ts';
import { modal } from './modal.ts';
import { TOUCH_DEVICE } from './platform.ts';

export class HelpDialog {
  /** Opens the dialog; when it closes, the focus returns. */
  readonly open: () => void;

  /**
   * @param commands The message server's to explain.
   * @param service The help of another service: text of the operator, in which brackets are no keys.
   */
  constructor(commands: readonly string[], service?: ServiceHelp) {
    const rows =
      service?.rows ?? COMMAND_HELP.rows.filter(([command]) => commands.includes(command));
    const help = { caption: COMMAND_HELP.caption, rows };
    const label = (command: string) => [element('code', {}, command)];
    const meaning = service === undefined ? withKeys : (text: string) => [new Text(text)];
    const tables = rows.length === 0 ? [] : [table(help, label, meaning)];
    const intro = service?.intro === undefined ? [] : [element('p', {}, service.intro)];
    const note = element('p', {}, ...withKeys(HELP_NOTE));
    const keys = [...KEY_HELP.map((keyHelp) => table(keyHelp, withKeys)), note];
    const touch = table(TOUCH_HELP, withKeys);
    const isTouch = matchMedia(TOUCH_DEVICE).matches;
    const content = isTouch
      ? [touch, ...tables, folded('Keyboard shortcuts', ...keys)]
      : [...tables, ...keys, folded(TOUCH_HELP.caption, touch)];
    this.open = modal(createDialog('help', 'Help', ...intro, ...content));
  }
}

function folded(title: string, ...content: Node[]): HTMLElement {
  return element('details', {}, element('summary', {}, title), ...content);
}

/** @param label Makes the heading of a row. @param text Makes its text. */
function table(
  { caption, rows }: HelpTable,
  label: (what: string) => Node[],
  text: (meaning: string) => Node[] = withKeys,
): HTMLElement {
  const body = element('tbody');
  for (const [what, meaning] of rows) {
    const heading = element('th', { scope: 'row' }, ...label(what));
    body.append(element('tr', {}, heading, element('td', {}, ...text(meaning))));
  }
  return element('table', {}, element('caption', {}, caption), body);
}
