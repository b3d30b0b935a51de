// What the page does differently with a service that it uses line by line. Loaded for such a target
// only.

import { LineMode } from '../../client/dialogue/lineMode.ts';
import { ReadOnlyMode } from '../../client/dialogue/readOnlyMode.ts';
import type { PageTarget } from './pageTarget.ts';
import type { TargetService } from './targetService.ts';

/** How long the page waits for the description of a target before it does without. */
const DESCRIPTION_TIMEOUT_MS = 5000;

/** As the bridge sends it (bridge/http/targetRoutes.ts). */
export interface TargetDescription {
  name: string;
  isDefault: boolean;
  isTelnet: boolean;
  showsColor: boolean;
  isReadOnly: boolean;
}

/** Asks the bridge about a target; a bridge that does not answer leaves the defaults. */
export async function loadService(target: PageTarget): Promise<TargetService> {
  const description = await describeTarget(target).catch(() => undefined);
  const { isReadOnly = false, showsColor = false } = description ?? {};
  const createConversation = isReadOnly ? reader(description) : writer(target, description);
  return { commands: [], isReadOnly, showsColor, createConversation };
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

type Description = TargetDescription | undefined;
type CreateConversation = TargetService['createConversation'];

function writer(target: PageTarget, description: Description): CreateConversation {
  const name = description?.name ?? target.name ?? '';
  return (settings) =>
    // It reads the options for each line.
    new LineMode(name, {
      get lineEnd() {
        // RFC 854, "NVT printer": a line of Telnet ends in CR LF.
        const isCrlf = description?.isTelnet || settings.get('lineEnd') === 'crlf';
        return isCrlf ? '\r\n' : '\n';
      },
      showsColor: description?.showsColor ?? false,
      // A login in the mode of single characters does not announce its password prompt by ECHO.
      hidesPasswords: description?.isTelnet ?? false,
    });
}

/** Says what is different about it once: a reconnection changes nothing. */
function reader(description: Description): CreateConversation {
  let introduction: string | undefined =
    `read only: this page shows what ${description?.name} sends, and sends nothing`;
  return () => {
    const conversation = new ReadOnlyMode(introduction, description?.showsColor ?? false);
    introduction = undefined;
    return conversation;
  };
}
