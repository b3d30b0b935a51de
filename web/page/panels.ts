// The page's dialogs and the panel with the history, loaded when the first of them is opened.

import { COMMANDS } from '../../protocol/commands.ts';
import { adoptStyles } from '../appearance/adoptStyles.ts';
import boardStyles from '../appearance/board.css?inline';
import dialogStyles from '../appearance/dialogs.css?inline';
import historyStyles from '../appearance/history.css?inline';
import { loggedInUser } from '../connection/login.ts';
import { Board } from '../message/board.ts';
import { CancelDialog } from '../message/cancelDialog.ts';
import { HistoryPanel } from '../message/historyPanel.ts';
import type { LiveMessage } from '../message/liveMessage.ts';
import type { Notifications } from '../message/notifications.ts';
import { PlanDialog } from '../message/planDialog.ts';
import { StoreDialog } from '../message/storeDialog.ts';
import { SettingsDialog } from '../settings/settingsDialog.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { copy } from '../ui/clipboard.ts';
import { requireElement } from '../ui/dom.ts';
import { HelpDialog } from '../ui/helpDialog.ts';
import type { Toast } from '../ui/toast.ts';
import type { TargetService } from './targetService.ts';

export interface Panels {
  help: HelpDialog;
  settings: SettingsDialog;
  /** These are of use for a message server only. */
  plan: PlanDialog;
  history: HistoryPanel;
  board: Board;
}

interface PanelDependencies {
  /** The URL of the target's WebSocket. */
  url: URL;
  /** What the target is, if it is not a message server. */
  service: TargetService | undefined;
  settings: UserSettings;
  notifications: Notifications;
  toast: Toast;
  /** `undefined` if the target is not a message server. */
  live: LiveMessage | undefined;
}

/** Creates the panels of a target's page. */
export function createPanels(
  document: Document,
  { url, service, settings, notifications, toast, live }: PanelDependencies,
): Panels {
  const commands = service?.commands ?? COMMANDS;
  adoptStyles(dialogStyles);
  adoptStyles(historyStyles);
  adoptStyles(boardStyles);
  const settingsDialog = new SettingsDialog(document, settings, () =>
    notifications.requestPermission(),
  );
  const user = loggedInUser(document.cookie);
  if (user !== undefined) settingsDialog.showLogin(user);
  if (service?.hasLineEndings) settingsDialog.showLineEndings();
  const cancelDialog = new CancelDialog(url, toast, () => history.reloadSoon());
  const storeDialog = new StoreDialog(url, toast, () => live?.details);
  const history: HistoryPanel = new HistoryPanel(
    url,
    requireElement(document, '#history'),
    requireElement(document, '#history-button'),
    {
      cancel: (entry) => cancelDialog.open(entry),
      storeAgain: (message) => storeDialog.open(message),
      copy: (message) => void copyMessage(message, toast),
    },
  );
  const plan = new PlanDialog(url, toast, () => history.reloadSoon());
  const board = new Board(
    requireElement(document, '#message-bar'),
    requireElement(document, '#message'),
  );
  return {
    help: new HelpDialog(commands, service?.help),
    settings: settingsDialog,
    plan,
    history,
    board,
  };
}

async function copyMessage(message: string, toast: Toast): Promise<void> {
  const isCopied = await copy(message);
  toast.show(isCopied ? 'Copied.' : 'Copying is not possible in this browser.');
}
