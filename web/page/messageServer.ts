// What the page has for a message server, and for no other target: the dialogue, the live message,
// and the buttons of its commands.

import { Dialogue } from '../../client/dialogue/dialogue.ts';
import type { Command } from '../../protocol/commands.ts';
import { LiveMessage, type LiveMessageEvents } from '../message/liveMessage.ts';
import { MessageBanner } from '../message/messageBanner.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { requireElement } from '../ui/dom.ts';

/** The commands that have a button on a phone. The page plans and cancels messages in dialogs. */
export const MESSAGE_BUTTONS = [
  'MSGGET',
  'MSGSTORE',
  'MSGWATCH',
  'MSGHIST',
  'QUIT',
  'SHUTDOWN',
] as const satisfies readonly Command[];

export function createDialogue(settings: UserSettings): Dialogue {
  // It reads the option each time it matters.
  return new Dialogue({
    allCommands: 'F1, or Help',
    now: Date.now,
    get masksPasswords() {
      return settings.get('maskPassword');
    },
  });
}

/**
 * The live message above the terminal.
 *
 * @param url The URL of the server's WebSocket.
 * @param returnToLine Returns the focus to the line.
 */
export function createLiveMessage(
  document: Document,
  url: URL,
  returnToLine: () => void,
  events: LiveMessageEvents,
): LiveMessage {
  const banner = new MessageBanner(requireElement(document, '#message-bar'), returnToLine);
  return new LiveMessage(url, banner, events);
}

/** Adapts the page to a target that has no live message and no history. */
export function hideMessageBar(document: Document): void {
  requireElement(document, '#message-bar').dataset['state'] = 'none';
}
