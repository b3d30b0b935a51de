// What the page does differently with a service that it uses line by line. Loaded for such a target
// only.

import type { Conversation } from '../../client/dialogue/conversation.ts';
import { LineMode } from '../../client/dialogue/lineMode.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import type { PageTarget } from './pageTarget.ts';
import type { TargetService } from './targetService.ts';

/** How long the page waits for the description of a target before it does without. */
const DESCRIPTION_TIMEOUT_MS = 5000;

/** As the bridge sends it (bridge/http/targetRoutes.ts). */
export interface TargetDescription {
  name: string;
  isDefault: boolean;
}

/** Asks the bridge about a target; a bridge that does not answer leaves the defaults. */
export async function loadService(target: PageTarget): Promise<TargetService> {
  const description = await describeTarget(target).catch(() => undefined);
  const name = description?.name ?? target.name ?? '';
  return { commands: [], createConversation: (settings) => createConversation(name, settings) };
}

async function describeTarget({ name }: PageTarget): Promise<TargetDescription | undefined> {
  const signal = AbortSignal.timeout(DESCRIPTION_TIMEOUT_MS);
  const path = name === undefined ? 'targets.json' : `targets/${name}.json`;
  const response = await fetch(path, { signal });
  if (!response.ok) return undefined;
  if (name !== undefined) return response.json();
  const { targets }: { targets: TargetDescription[] } = await response.json();
  return targets.find(({ isDefault }) => isDefault);
}

function createConversation(name: string, settings: UserSettings): Conversation {
  // It reads the option for each line.
  return new LineMode(name, {
    get lineEnd() {
      return settings.get('lineEnd') === 'crlf' ? '\r\n' : '\n';
    },
  });
}
