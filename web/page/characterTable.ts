// The width of each character, and which characters join in one cell (UAX #29, Unicode 15).

import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import type { IUnicodeHandling, IUnicodeVersionProvider } from '@xterm/xterm';

/**
 * Returns the addon's table, to register it at a terminal and to look up characters. A terminal
 * does not expose the tables that are registered.
 */
export function characterTable(): IUnicodeVersionProvider {
  const tables: IUnicodeVersionProvider[] = [];
  const unicode: IUnicodeHandling = {
    register: (table) => tables.push(table),
    versions: [],
    activeVersion: '',
  };
  const addon = new UnicodeGraphemesAddon();
  // The addon uses nothing else of the terminal.
  Reflect.apply(addon.activate, addon, [{ unicode }]);
  const table = tables.find(({ version }) => version.endsWith('-graphemes'));
  if (table === undefined) throw new Error('@xterm/addon-unicode-graphemes registered no table');
  return table;
}
