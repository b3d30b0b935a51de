// The page's dialogs and the panel with the history, loaded when the first of them is opened.

import { COMMANDS } from '../../protocol/commands.ts';
import { adoptStyles } from '../appearance/adoptStyles.ts';
import dialogStyles from '../appearance/dialogs.css?inline';
import historyStyles from '../appearance/history.css?inline';
import { loggedInUser } from '../connection/login.ts';
import { CancelDialog } from '../message/cancelDialog.ts';
import { HistoryPanel } from '../message/historyPanel.ts';
import type { Notifications } from '../message/notifications.ts';
import { PlanDialog } from '../message/planDialog.ts';
import { SettingsDialog } from '../settings/settingsDialog.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { requireElement } from '../ui/dom.ts';
import { HelpDialog } from '../ui/helpDialog.ts';
import type { Toast } from '../ui/toast.ts';
import type { TargetService } from './targetService.ts';

export interface Panels {
  help: HelpDialog;
  settings: SettingsDialog;
  /** These two are of use for a message server only. */
  plan: PlanDialog;
  history: HistoryPanel;
}

interface PanelDependencies {
  /** The URL of the target's WebSocket. */
  url: URL;
  /** What the target is, if it is not a message server. */
  service: TargetService | undefined;
  settings: UserSettings;
  notifications: Notifications;
  toast: Toast;
}

/** Creates the panels of a target's page. */
export function createPanels(
  document: Document,
  { url, service, settings, notifications, toast }: PanelDependencies,
): Panels {
  const commands = service?.commands ?? COMMANDS;
  adoptStyles(dialogStyles);
  adoptStyles(historyStyles);
  const settingsDialog = new SettingsDialog(document, settings, () =>
    notifications.requestPermission(),
  );
  const user = loggedInUser(document.cookie);
  if (user !== undefined) settingsDialog.showLogin(user);
  if (service?.hasLineEndings) settingsDialog.showLineEndings();
  const cancelDialog = new CancelDialog(url, toast, () => history.reloadSoon());
  const history: HistoryPanel = new HistoryPanel(
    url,
    requireElement(document, '#history'),
    requireElement(document, '#history-button'),
    (entry) => cancelDialog.open(entry),
  );
  const plan = new PlanDialog(url, toast, () => history.reloadSoon());
  return { help: new HelpDialog(commands, service?.help), settings: settingsDialog, plan, history };
}
