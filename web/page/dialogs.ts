// The page's dialogs, loaded when the first of them is opened.

import { loggedInUser } from '../connection/login.ts';
import type { Notifications } from '../message/notifications.ts';
import { SettingsDialog } from '../settings/settingsDialog.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { HelpDialog } from '../ui/helpDialog.ts';

export interface Dialogs {
  help: HelpDialog;
  settings: SettingsDialog;
}

/**
 * Creates the dialogs of a target's page.
 *
 * @param commands Those of the target; none if it is not a message server.
 */
export function createDialogs(
  document: Document,
  commands: readonly string[],
  settings: UserSettings,
  notifications: Notifications,
): Dialogs {
  const help = new HelpDialog(document);
  const settingsDialog = new SettingsDialog(document, settings, () =>
    notifications.requestPermission(),
  );
  const user = loggedInUser(document.cookie);
  if (user !== undefined) settingsDialog.showLogin(user);
  help.showCommands(commands);
  if (commands.length === 0) settingsDialog.showLineEndings();
  return { help, settings: settingsDialog };
}
