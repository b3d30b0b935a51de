// Marks in what is written to the terminal: the sequences of shell integration (OSC 133, FinalTerm).
// They travel with the text, because only the terminal knows the row of what it parses. A server
// cannot send them: its control characters are escaped.

/** The number of the sequence; a mark is its data. */
export const MARKS = 133;

/** Begins an exchange, at the start of its prompt. It is erased with the line being typed. */
export const EXCHANGE = 'A';

/** The prompt was answered: its mark stays. */
export const ANSWERED = 'C';

/** Before a reply that reports a failure. */
export const FAILURE = 'D;1';

/** OSC: ECMA-48, section 8.3.89; ended by BEL, as in xterm. */
export function marked(mark: string): string {
  return `\x1b]${MARKS};${mark}\x07`;
}
