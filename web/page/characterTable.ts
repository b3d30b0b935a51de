// How wide each character is, and which ones are one on the screen (UAX #29, Unicode 15).

import { UnicodeGraphemesAddon } from '@xterm/addon-unicode-graphemes';
import type { IUnicodeHandling, IUnicodeVersionProvider } from '@xterm/xterm';

/**
 * The addon's table, for a terminal to register and for us to ask: what the addon gives its
 * terminal cannot be asked for there.
 */
export function characterTable(): IUnicodeVersionProvider {
  const tables: IUnicodeVersionProvider[] = [];
  const unicode: IUnicodeHandling = {
    register: (table) => tables.push(table),
    versions: [],
    activeVersion: '',
  };
  const addon = new UnicodeGraphemesAddon();
  // Of its terminal it takes nothing else.
  Reflect.apply(addon.activate, addon, [{ unicode }]);
  const table = tables.find(({ version }) => version.endsWith('-graphemes'));
  if (table === undefined) throw new Error('the addon has no table of graphemes');
  return table;
}
