// The help: the commands, and the keys.

import type { ServiceHelp } from '../page/targetService.ts';
import { createDialog } from './dialogFrame.ts';
import { element } from './element.ts';
import { COMMAND_HELP, HELP_NOTE, type HelpTable, KEY_HELP } from './helpText.ts';
import { modal } from './modal.ts';

/** The label on a Mac's keyboard for the key that browsers call Alt. */
const MAC_ALT = '⌥';

export class HelpDialog {
  /** Opens the dialog; when it closes, the focus returns. */
  readonly open: () => void;

  /**
   * @param commands The message server's to explain.
   * @param service The help of another service: text of the operator, in which brackets are no keys.
   */
  constructor(commands: readonly string[], service?: ServiceHelp) {
    const tables = KEY_HELP.map((help) => table(help, withKeys));
    const known = service === undefined ? COMMAND_HELP.rows : [];
    const rows = known.filter(([command]) => commands.includes(command));
    if (rows.length > 0) {
      const help = { ...COMMAND_HELP, rows };
      tables.unshift(table(help, (command) => [element('code', {}, command)]));
    }
    if (service !== undefined && service.rows.length > 0) {
      const help = { caption: 'Commands', rows: service.rows };
      tables.unshift(
        table(
          help,
          (command) => [element('code', {}, command)],
          (text) => [new Text(text)],
        ),
      );
    }
    const intro = service?.intro === undefined ? [] : [element('p', {}, service.intro)];
    const note = element('p', {}, ...withKeys(HELP_NOTE));
    this.open = modal(createDialog('help', 'Help', ...intro, ...tables, note));
  }
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

/** Makes the keys in a text elements. */
function withKeys(text: string): Node[] {
  // Every second part is what the parentheses match.
  return text
    .split(/\[([^\]]+)\]/)
    .map((part, i) => (i % 2 === 0 ? new Text(part) : keyElement(part.split('-'))));
}

/** Keys that are pressed together are nested (HTML, section 4.5.20). */
function keyElement(keys: readonly string[]): HTMLElement {
  const isMac = navigator.userAgent.includes('Mac OS');
  const elements = keys.map((key) => element('kbd', {}, isMac && key === 'Alt' ? MAC_ALT : key));
  const [only, ...others] = elements;
  return only !== undefined && others.length === 0 ? only : element('kbd', {}, ...elements);
}
