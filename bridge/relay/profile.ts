// What an operator describes of a target for its page. The bridge serves it as data, and does
// nothing else with it. cli/options/profileFile.ts reads and checks it.

export interface Profile {
  title?: string;
  /** For Tab, and the first ones for the buttons of a phone. One that ends in a space has arguments. */
  commands?: readonly string[];
  intro?: string;
  help?: readonly { command: string; text: string }[];
  /** A regular expression that recognizes a prompt for a secret, and cannot backtrack without end. */
  passwordPrompt?: string;
  lineEnd?: 'lf' | 'crlf';
  /** What follows one of these on its line is a secret. */
  secretCommands?: readonly string[];
}
