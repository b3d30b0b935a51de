// Asks the bridge how the server is started again. Loaded after a SHUTDOWN only.

import type { PageTarget } from './pageTarget.ts';

const TIMEOUT_MS = 3_000;

/** As the bridge sends it (bridge/http/targetRoutes.ts). */
interface TargetDescription {
  name: string;
  isDefault: boolean;
  startCommand?: string;
}

/** @returns The command; `undefined` if the server was started apart from the bridge. */
export async function startCommandOf({ name }: PageTarget): Promise<string | undefined> {
  const response = await fetch('targets.json', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { targets }: { targets: TargetDescription[] } = await response.json();
  return targets.find((one) => (name ? one.name === name : one.isDefault))?.startCommand;
}
