// The secret by which the server under `motd up` recognizes the bridge. It is in the environment of
// both, which other users of the machine cannot read (proc(5), /proc/PID/environ).

import { randomBytes } from 'node:crypto';
import { Option } from 'commander';
import type { Environment } from '../supervisor.ts';
import { GROUP } from './options.ts';

const VARIABLE = 'MOTD_PROXY_KEY';

export interface ProxyKeyOptions {
  proxyKey?: string;
}

/** Reads the key from the environment. The flag is hidden: every user can read arguments. */
export function proxyKeyOption(): Option {
  return new Option('--proxy-key <key>').env(VARIABLE).hideHelp().helpGroup(GROUP.proxy);
}

/** @returns A new key, for the environment of both children. */
export function newProxyKey(): Environment {
  return { [VARIABLE]: randomBytes(32).toString('base64url') };
}
