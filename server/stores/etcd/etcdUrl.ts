// Parses `etcd://` URLs: the members of a cluster, and the prefix of the keys in it.

import { StoreOpenError } from '../storeOpenError.ts';

export interface EtcdLocation {
  /** `HOST:PORT` of each member. */
  members: readonly [string, ...string[]];
  /** The prefix of every key: `/PREFIX/`. */
  prefix: string;
  usesTls: boolean;
}

const URL = /^(?<scheme>etcds?):\/\/(?<members>[^/]+)(?<path>\/.*)?$/;

/** A host name, an IPv4 address, or an IPv6 address in brackets; then a port. */
const MEMBER = /^([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/;
const MAX_PORT = 65_535;

const PREFIX = /^(\/[A-Za-z0-9_.-]+)+$/;

/**
 * @param url `etcd://HOST:PORT,HOST:PORT/PREFIX`, or `etcds://…` for TLS.
 * @throws StoreOpenError if it is neither.
 */
export function parseEtcdUrl(url: string): EtcdLocation {
  const { scheme, members = '', path = '' } = URL.exec(url)?.groups ?? {};
  const [first = '', ...others] = members.split(',');
  for (const member of [first, ...others]) if (!isMember(member)) throw invalidMember(member);
  const prefix = path.replace(/\/+$/, '');
  if (prefix === '') {
    throw new StoreOpenError(
      'invalid-store-url',
      `no key prefix in ${url}; add one to --store, such as etcd://HOST:PORT/motd`,
    );
  }
  if (!PREFIX.test(prefix)) {
    throw new StoreOpenError(
      'invalid-store-url',
      `invalid etcd key prefix: ${prefix}; use letters, digits, -, _ and . between slashes in --store`,
    );
  }
  return { members: [first, ...others], prefix: `${prefix}/`, usesTls: scheme === 'etcds' };
}

function isMember(text: string): boolean {
  const port = Number(text.slice(text.lastIndexOf(':') + 1));
  return MEMBER.test(text) && port >= 1 && port <= MAX_PORT;
}

function invalidMember(text: string): StoreOpenError {
  const advice = text.includes('@') ? 'pass the user with --etcd-user' : 'put IPv6 in brackets';
  // The text before an @ may be a password.
  const member = JSON.stringify(text.replace(/^.*@/, '…@'));
  return new StoreOpenError(
    'invalid-store-url',
    `invalid etcd member: ${member}; --store takes etcd://HOST:PORT,HOST:PORT/PREFIX; ${advice}`,
  );
}
