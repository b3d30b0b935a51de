/** A target as `targets.json` lists it (bridge/http/targetRoutes.ts). */
export interface ListedTarget {
  name: string;
  isDefault: boolean;
  title?: string;
  /** The command to run again after a SHUTDOWN, if one command runs both it and the bridge. */
  startCommand?: string;
}
