// The TCP services the bridge may reach. The browser picks one by its name, never by host or port.

export interface Target {
  name: string;
  host: string;
  port: number;
}

// NAME is short enough for the words of a close frame (relay.ts), and fit for a path. HOST is a name,
// an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
const TARGET =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]{0,31})=(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s]+)):(?<port>\d{1,5})$/;

/**
 * Reads a target.
 *
 * @param text `NAME=HOST:PORT`
 * @returns The target; `undefined` where the text is not one.
 */
export function parseTarget(text: string): Target | undefined {
  const { name, ipv6, host = ipv6, port } = TARGET.exec(text)?.groups ?? {};
  if (name === undefined || host === undefined) return undefined;
  const portNumber = Number(port);
  return portNumber >= 1 && portNumber <= 65_535 ? { name, host, port: portNumber } : undefined;
}
