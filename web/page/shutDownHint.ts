// The hint after a SHUTDOWN: how the server is started again. Loaded then only.

import { listTargets } from '../targets/listedTarget.ts';
import type { PageTarget } from './pageTarget.ts';

/** Asks the bridge for the command that started the server, if one command runs both. */
export async function shutDownHint({ name }: PageTarget): Promise<string> {
  try {
    const target = (await listTargets()).find((one) => (name ? one.name === name : one.isDefault));
    return describe(target?.startCommand);
  } catch {
    return describe();
  }
}

/** The command goes on running to serve the page, and keeps its ports. */
export function describe(command?: string): string {
  const how = command
    ? `stop \`${command}\` with Ctrl-C and run it again`
    : 'ask its operator to start it again';
  return `the server was shut down; ${how}, then press Enter`;
}
