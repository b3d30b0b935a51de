// The TCP services the bridge may reach. The browser picks one by its name, never by host or port.

export interface Target {
  name: string;
  host: string;
  port: number;
  /** Whether each connection to it has to open with a PROXY line (proxyLine.ts). */
  expectsProxyLine: boolean;
}

// NAME is short enough for the words of a close frame (relay.ts), and fit for a path. HOST is a name,
// an IPv4 address, or an IPv6 address in brackets (RFC 3986, section 3.2.2).
const TARGET =
  /^(?<name>[A-Za-z0-9][A-Za-z0-9_-]{0,31})=(?:\[(?<ipv6>[0-9A-Fa-f:.]+)\]|(?<host>[^:[\]/\s]+)):(?<port>\d{1,5})(?<proxy>\+proxy)?$/;

/**
 * Reads a target.
 *
 * @param text `NAME=HOST:PORT`, with `+proxy` behind it where the target expects a PROXY line
 * @returns The target; `undefined` where the text is not one.
 */
export function parseTarget(text: string): Target | undefined {
  const { name, ipv6, host = ipv6, port, proxy } = TARGET.exec(text)?.groups ?? {};
  if (name === undefined || host === undefined) return undefined;
  const portNumber = Number(port);
  if (portNumber < 1 || portNumber > 65_535) return undefined;
  return { name, host, port: portNumber, expectsProxyLine: proxy !== undefined };
}
