// Finds text as ripgrep and vim do with "smart case". Pure.

/**
 * Finds a query in a text; an upper-case letter in the query makes the case matter.
 *
 * @returns The offset of the first match, in UTF-16 units; -1 if there is none.
 */
export function smartCaseIndex(text: string, query: string): number {
  if (query !== query.toLowerCase()) return text.indexOf(query);
  // Not `toLowerCase`: it changes the length of some texts, and with it the offset.
  return text.search(new RegExp(query.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu'));
}
