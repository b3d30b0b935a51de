// Text in the language of manual pages (roff(7), man(7)).

/** Characters that roff would interpret, or print as typographic ones. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\e',
  "'": '\\(aq',
  '`': '\\(ga',
  '"': '\\(dq',
  '^': '\\(ha',
  '~': '\\(ti',
};

/** Flags, and variables of the program. */
const NAMES = /(?<![\w-])--?[a-z][\w-]*|\bMOTD_[A-Z_]+\b/g;

/** @returns A line of prose, with flags and variables in bold. */
export function text(prose: string): string {
  let line = '';
  let end = 0;
  for (const match of prose.matchAll(NAMES)) {
    line += escaped(prose.slice(end, match.index)) + bold(match[0]);
    end = match.index + match[0].length;
  }
  return protectedStart(line + escaped(prose.slice(end)));
}

/** @returns A line as typed, such as a command. */
export function code(line: string): string {
  return protectedStart(escaped(line).replaceAll('-', '\\-'));
}

export function bold(name: string): string {
  return `\\fB${escaped(name).replaceAll('-', '\\-')}\\fR`;
}

export function italic(name: string): string {
  return `\\fI${escaped(name).replaceAll('-', '\\-')}\\fR`;
}

function escaped(line: string): string {
  return line.replace(/[\\'`"^~]/g, (character) => SPECIAL[character] ?? character);
}

/** A line that begins with a period is a macro. */
function protectedStart(line: string): string {
  return line.startsWith('.') ? `\\&${line}` : line;
}
