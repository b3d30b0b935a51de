// How the server that `motd up` started recognizes the bridge that it started: by a secret in the
// environment of both, which other users of the machine cannot read (proc(5), /proc/PID/environ).

import { randomBytes } from 'node:crypto';

const VARIABLE = 'MOTD_PROXY_KEY';

/** What a child has to have in its environment. @returns A new key each time. */
export function newProxyKey(): Record<string, string> {
  return { [VARIABLE]: randomBytes(32).toString('base64url') };
}

/** The key this process was started with. */
export function proxyKey(): string | undefined {
  return process.env[VARIABLE];
}
