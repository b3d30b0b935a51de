// The targets of the bridge, as `targets.json` lists them (bridge/http/targetRoutes.ts).

const TIMEOUT_MS = 5_000;

export interface ListedTarget {
  name: string;
  isDefault: boolean;
  title?: string;
  /** The command to run again after a SHUTDOWN, if one command runs both it and the bridge. */
  startCommand?: string;
}

/** @throws If the bridge does not answer in time, or not with a list. */
export async function listTargets(): Promise<ListedTarget[]> {
  const response = await fetch('targets.json', { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok) throw new Error(`targets.json: ${response.status}`);
  const { targets }: { targets: ListedTarget[] } = await response.json();
  return targets;
}

/** The page of a target, relative to the other pages. */
export function pageOf({ name, isDefault }: ListedTarget): string {
  return isDefault ? './' : `./?target=${encodeURIComponent(name)}`;
}
