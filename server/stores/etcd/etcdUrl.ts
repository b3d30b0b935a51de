// What an `etcd://` URL names: the members of a cluster, and where in it the message is kept.

import { StoreOpenError } from '../storeOpenError.ts';

export interface EtcdLocation {
  /** `HOST:PORT` of each member that may be asked. */
  members: readonly [string, ...string[]];
  /** What every key begins with: `/PREFIX/`. */
  prefix: string;
  usesTls: boolean;
}

const URL = /^(?<scheme>etcds?):\/\/(?<members>[^/]+)(?<path>\/.*)?$/;

/** A host name, an IPv4 address, or an IPv6 address in brackets; and a port. */
const MEMBER = /^([A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/;
const MAX_PORT = 65_535;

const PREFIX = /^(\/[A-Za-z0-9_.-]+)+$/;

/**
 * @param url `etcd://HOST:PORT,HOST:PORT/PREFIX`, or `etcds://…` for TLS.
 * @throws StoreOpenError where it is neither.
 */
export function parseEtcdUrl(url: string): EtcdLocation {
  const { scheme, members = '', path = '' } = URL.exec(url)?.groups ?? {};
  const [first = '', ...others] = members.split(',');
  for (const member of [first, ...others]) if (!isMember(member)) throw notAMember(member);
  const prefix = path.replace(/\/+$/, '');
  if (prefix === '') {
    throw new StoreOpenError(
      'etcd is shared: say where in it the message is to be, as in etcd://HOST:PORT/motd; ' +
        'check --store',
    );
  }
  if (!PREFIX.test(prefix)) {
    throw new StoreOpenError(
      `no prefix: ${prefix}; it has letters, digits and -_. between slashes; check --store`,
    );
  }
  return { members: [first, ...others], prefix: `${prefix}/`, usesTls: scheme === 'etcds' };
}

function isMember(text: string): boolean {
  const port = Number(text.slice(text.lastIndexOf(':') + 1));
  return MEMBER.test(text) && port >= 1 && port <= MAX_PORT;
}

function notAMember(text: string): StoreOpenError {
  const what = text.includes('@') ? 'give the user with --etcd-user' : 'IPv6 goes in brackets';
  return new StoreOpenError(
    `no etcd member: ${JSON.stringify(text.replace(/^.*@/, '…@'))}; --store takes etcd://HOST:PORT,HOST:PORT/PREFIX, ${what}`,
  );
}
