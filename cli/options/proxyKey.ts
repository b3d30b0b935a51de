// How the server that `motd up` started recognizes the bridge that it started: by a secret in the
// environment of both, which other users of the machine cannot read (proc(5), /proc/PID/environ).

import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Environment } from '../supervisor.ts';
import { GROUP } from './options.ts';

const VARIABLE = 'MOTD_PROXY_KEY';

export interface ProxyKeyOptions {
  proxyKey?: string;
}

/** What takes the key from the environment. It is no flag for people: every user can read arguments. */
export function proxyKeyOption(): Option {
  return new Option('--proxy-key <key>').env(VARIABLE).hideHelp().helpGroup(GROUP.proxy);
}

/** What both children are to have in their environment. @returns A new key each time. */
export function newProxyKey(): Environment {
  return { [VARIABLE]: randomBytes(32).toString('base64url') };
}
