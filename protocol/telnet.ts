// Telnet commands (RFC 854). Clients send them to negotiate, for keys such as Ctrl-C, and as
// keepalives. At the start of a line they carry no text, and are removed. They are never answered:
// a client whose offers get no answer sends plain lines. The byte 0xFF does not occur in UTF-8.

/**
 * DO, WILL or WONT, and an option other than 10, which is LF. DONT is not included: it only answers
 * a WILL, which the server never sends, and `\xff\xfe` is the byte order mark of UTF-16. At the end
 * of a trimmed line the option may be missing: it was NUL (BINARY, RFC 856) or white space.
 */
const NEGOTIATION = /\xff[\xfb-\xfd](?:[^\n]|$)/;
const SUBNEGOTIATION = /\xff\xfa[^\n]*?\xff\xf0/;
const FUNCTION = /\xff[\xf0-\xf9]/;
/**
 * The DM of Synch arrives without its IAC, which is urgent data (RFC 854, "The TELNET Synch
 * signal").
 */
const DATA_MARK = /\xf2/;

const COMMAND = [NEGOTIATION, SUBNEGOTIATION, FUNCTION, DATA_MARK].map(({ source }) => source);
/** Each with the white space after it, as lines.ts defines it. */
const COMMANDS = new RegExp(`^(?:(?:${COMMAND.join('|')})[\\0\\t-\\r ]*)+`);

/**
 * Removes telnet commands from the start of a line.
 *
 * @param line A byte string without white space at either end.
 * @returns The rest of the line; empty if it contains only telnet commands.
 */
export function dropTelnetCommands(line: string): string {
  return line.replace(COMMANDS, '');
}
