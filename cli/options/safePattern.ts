// Regular expressions that cannot backtrack without end. The page applies one to a prompt of at most
// 256 characters (client/dialogue/serviceOutput.ts), each time some text arrives.
//
// Time grows exponentially only with what is left out here: groups, and more quantifiers. With two of
// them, an engine tries at most 256³ / 6 ways, which takes milliseconds. A library that runs in
// linear time would be larger than everything else that the page loads for a target.

const MAX_QUANTIFIERS = 2;

/** A character, an escape or a class, perhaps with a quantifier; or the `|` between alternatives. */
const PART =
  /(?:\\[dDsSwWbB^$\\.*+?()[\]{}|/]|\[\^?(?:\\[dDsSwW\]\\^-]|[^\]\\[])+\]|[^\\()[\]{}*+?|])(?<quantifier>[*+?]?)|\|/uy;

/** @returns Why the pattern is not accepted; `undefined` if it is. */
export function patternFault(pattern: string): string | undefined {
  let quantifiers = 0;
  const part = new RegExp(PART);
  while (part.lastIndex < pattern.length) {
    const { lastIndex } = part;
    const found = part.exec(pattern);
    if (found === null) {
      return `“${pattern.at(lastIndex)}” is not allowed here: use characters, classes, |, ^, $, and *, + or ? after one of them`;
    }
    if (found.groups?.['quantifier']) quantifiers += 1;
  }
  if (quantifiers > MAX_QUANTIFIERS) return `more than ${MAX_QUANTIFIERS} of *, + and ?`;
  try {
    new RegExp(pattern, 'iu');
    return undefined;
  } catch {
    return 'not a regular expression';
  }
}
