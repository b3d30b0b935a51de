/** A target as `targets.json` lists it (bridge/http/targetRoutes.ts). */
export interface ListedTarget {
  name: string;
  isDefault: boolean;
  title?: string;
}
