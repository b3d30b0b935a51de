// The table of all characters. Loaded for the first text that needs it (characterTable.ts).

import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import type { IUnicodeHandling, IUnicodeVersionProvider } from '@xterm/xterm';

/**
 * @returns The table of the addon, to look up characters as the terminal does. A terminal does not
 *   expose the tables that are registered.
 */
export function graphemeTable(): IUnicodeVersionProvider {
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
