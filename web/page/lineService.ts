// What the page does differently with a service that it uses line by line. Loaded for such a target
// only.

import { LineMode } from '../../client/dialogue/lineMode.ts';
import { maskSecret } from '../../client/dialogue/maskSecret.ts';
import { ReadOnlyMode } from '../../client/dialogue/readOnlyMode.ts';
import { adoptStyles } from '../appearance/adoptStyles.ts';
import styles from '../appearance/lineService.css?inline';
import { listTargets } from '../targets/listedTarget.ts';
import { rememberTarget } from '../targets/recentTargets.ts';
import { requireElement } from '../ui/dom.ts';
import { element } from '../ui/element.ts';
import type { PageTarget } from './pageTarget.ts';
import type { TargetService } from './targetService.ts';

/** How long the page waits for the description of a target. */
const DESCRIPTION_TIMEOUT_MS = 5000;

/** More would hide the terminal of a phone. */
const MAX_BUTTONS = 6;

/** As the bridge sends it (bridge/http/targetRoutes.ts). */
export interface TargetDescription {
  name: string;
  isDefault: boolean;
  isTelnet: boolean;
  showsColor: boolean;
  isReadOnly: boolean;
  hasOthers: boolean;
  profile?: Profile;
}

/** Checked by the bridge (cli/options/profileFile.ts). */
interface Profile {
  title?: string;
  commands?: readonly string[];
  intro?: string;
  help?: readonly { command: string; text: string }[];
  passwordPrompt?: string;
  lineEnd?: 'lf' | 'crlf';
  secretCommands?: readonly string[];
}

/**
 * Asks the bridge about a target.
 *
 * @returns The service; `undefined` if the bridge has no such target.
 * @throws If the bridge does not answer.
 */
export async function loadService(target: PageTarget): Promise<TargetService | undefined> {
  const name = target.name ?? (await defaultName());
  const description = await describe(name);
  if (description === undefined) return undefined;
  adoptStyles(styles);
  rememberTarget(description.name);
  if (description.hasOthers) linkToTargets();
  return createService(description);
}

async function defaultName(): Promise<string> {
  return (await listTargets()).find(({ isDefault }) => isDefault)?.name ?? '';
}

/** @returns `undefined` if the bridge has no such target. */
async function describe(name: string): Promise<TargetDescription | undefined> {
  const path = `targets/${name}.json`;
  const response = await fetch(path, { signal: AbortSignal.timeout(DESCRIPTION_TIMEOUT_MS) });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

/** Below the heading, in the place of a live message. */
function linkToTargets(): void {
  const link = element('a', { href: 'targets' }, 'All targets');
  requireElement(document, '#message-bar .sheet').append(link);
}

/** The service that a target's description defines; without a profile, the defaults. */
export function createService(description: TargetDescription): TargetService {
  const { name, isReadOnly, showsColor, profile = {} } = description;
  const { title, commands = [], intro, help = [], lineEnd } = profile;
  return {
    name,
    commands,
    buttons: commands.slice(0, MAX_BUTTONS),
    title: title && `${title} – target “${name}”`,
    help: { intro, rows: help.map(({ command, text }) => [command, text]) },
    hasLineEndings: lineEnd === undefined,
    isReadOnly,
    showsColor,
    conceal: concealer(profile.secretCommands ?? []),
    createConversation: isReadOnly ? reader(description) : writer(description),
  };
}

type CreateConversation = TargetService['createConversation'];

function writer({ name, isTelnet, showsColor, profile }: TargetDescription): CreateConversation {
  const { passwordPrompt, lineEnd } = profile ?? {};
  return (settings) =>
    // It reads the options for each line.
    new LineMode(name, {
      get lineEnd() {
        // RFC 854, "NVT printer": a line of Telnet ends in CR LF.
        const isCrlf = isTelnet || (lineEnd ?? settings.get('lineEnd')) === 'crlf';
        return isCrlf ? '\r\n' : '\n';
      },
      showsColor,
      // A login in the mode of single characters does not announce its password prompt by ECHO. An
      // operator who describes the prompt knows that it asks for a secret.
      hidesPasswords: isTelnet || passwordPrompt !== undefined,
      ...(passwordPrompt && { passwordPrompt: new RegExp(passwordPrompt, 'iu') }),
    });
}

/** Introduces itself once: a reconnection changes nothing. */
function reader({ name, showsColor }: TargetDescription): CreateConversation {
  let introduction: string | undefined =
    `read only: this page shows what ${name} sends, and sends nothing`;
  return () => {
    const conversation = new ReadOnlyMode(introduction, showsColor);
    introduction = undefined;
    return conversation;
  };
}

/** Masks what follows one of these commands on its line. */
function concealer(commands: readonly string[]): (line: string) => string {
  const all = commands.map((command) => command.trimEnd().toUpperCase());
  return (line) => {
    const start = line.length - line.trimStart().length;
    const upper = line.slice(start).toUpperCase();
    const command = all.find((one) => upper.startsWith(one) && /^\s/.test(upper.slice(one.length)));
    if (command === undefined) return line;
    const secret = start + command.length + 1;
    return line.slice(0, secret) + maskSecret(line.slice(secret));
  };
}
