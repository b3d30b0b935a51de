// A TCP address, and how it is written.

export interface Address {
  /** An IP address or a host name. */
  address: string;
  port: number;
}

/** `HOST:PORT`, an IPv6 address in brackets (RFC 3986, section 3.2.2). */
export function hostAndPort({ address, port }: Address): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
