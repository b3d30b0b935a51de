// Telnet's commands (RFC 854): clients send them to negotiate, when a key such as Ctrl-C is pressed, or
// to keep a connection alive. Before a line they say nothing, and are dropped. They are never
// answered: a client whose offers stay open keeps to plain lines. 0xFF stands in no UTF-8.

/**
 * DO, WILL and WONT, and an option other than 10, which would end the line. DONT is left out: it only
 * answers a WILL, which we never send, and `\xff\xfe` is the byte order mark of UTF-16. At the end of a
 * trimmed line the option may be gone: it was NUL (BINARY, RFC 856) or white space.
 */
const NEGOTIATION = /\xff[\xfb-\xfd](?:[^\n]|$)/;
const SUBNEGOTIATION = /\xff\xfa[^\n]*?\xff\xf0/;
const FUNCTION = /\xff[\xf0-\xf9]/;
/** Of Synch, DM comes by itself: IAC goes ahead as urgent data (RFC 854, "The TELNET Synch signal"). */
const DATA_MARK = /\xf2/;

const COMMAND = [NEGOTIATION, SUBNEGOTIATION, FUNCTION, DATA_MARK].map(({ source }) => source);
/** With what lines.ts takes for white space behind them. */
const COMMANDS = new RegExp(`^(?:(?:${COMMAND.join('|')})[\\0\\t-\\r ]*)+`);

/**
 * Drops telnet commands at the start of a line.
 *
 * @param line A byte string without white space at its ends.
 * @returns The same; empty if the line held nothing else.
 */
export function dropTelnetCommands(line: string): string {
  return line.replace(COMMANDS, '');
}
