// The page's dialogs and the panel with the history, loaded when the first of them is opened.

import { takesCommand } from '../../client/dialogue/conversation.ts';
import { COMMANDS } from '../../protocol/commands.ts';
import { adoptStyles } from '../appearance/adoptStyles.ts';
import boardStyles from '../appearance/board.css?inline';
import dialogStyles from '../appearance/dialogs.css?inline';
import findStyles from '../appearance/find.css?inline';
import historyStyles from '../appearance/history.css?inline';
import paletteStyles from '../appearance/palette.css?inline';
import settingsStyles from '../appearance/settings.css?inline';
import { loggedInUser } from '../connection/login.ts';
import { Board } from '../message/board.ts';
import { CancelDialog } from '../message/cancelDialog.ts';
import { HistoryPanel } from '../message/historyPanel.ts';
import type { LiveMessage } from '../message/liveMessage.ts';
import { Notifications } from '../message/notifications.ts';
import { PlanDialog } from '../message/planDialog.ts';
import { StoreDialog } from '../message/storeDialog.ts';
import { Palette } from '../palette/palette.ts';
import { SettingsDialog } from '../settings/settingsDialog.ts';
import type { UserSettings } from '../settings/userSettings.ts';
import { copy } from '../ui/clipboard.ts';
import { requireElement } from '../ui/dom.ts';
import { download } from '../ui/download.ts';
import { FindBar } from '../ui/findBar.ts';
import { HelpDialog } from '../ui/helpDialog.ts';
import { COMMAND_HELP } from '../ui/helpText.ts';
import type { Toast } from '../ui/toast.ts';
import type { PageConversation } from './pageConversation.ts';
import type { Screen } from './screen.ts';
import type { TargetService } from './targetService.ts';

const SHEETS = [
  dialogStyles,
  settingsStyles,
  paletteStyles,
  findStyles,
  historyStyles,
  boardStyles,
];

export interface Panels {
  help: HelpDialog;
  settings: SettingsDialog;
  palette: Palette;
  find: FindBar;
  notifications: Notifications;
  /** These are of use for a message server only. */
  plan: PlanDialog;
  history: HistoryPanel;
  board: Board;
}

interface PanelDependencies {
  /** The URL of the target's WebSocket. */
  url: URL;
  /** The page's title. */
  title: string;
  /** What the target is, if it is not a message server. */
  service: TargetService | undefined;
  settings: UserSettings;
  toast: Toast;
  /** `undefined` if the target is not a message server. */
  live: LiveMessage | undefined;
  screen: Screen;
  /** Copies what is selected in the terminal, or everything. */
  copy(): void;
  conversation: Pick<PageConversation, 'promptKind'>;
  chooseCommand(command: string): void;
  /** For the transcript. */
  fileName: string;
  focusLine(): void;
  returnToLine(): void;
}

/** Creates the panels of a target's page. */
export function createPanels(document: Document, deps: PanelDependencies): Panels {
  const { url, title, service, settings, toast, live, screen, fileName } = deps;
  const { focusLine, returnToLine, conversation, chooseCommand } = deps;
  const commands = service?.commands ?? COMMANDS;
  for (const sheet of SHEETS) adoptStyles(sheet);
  const notifications = new Notifications(title, () => settings.get('notify'));
  const shared = {
    askPermission: live && (() => notifications.requestPermission()),
    user: loggedInUser(document.cookie),
  };
  const hasLineEndings = service?.hasLineEndings ?? false;
  const settingsDialog = new SettingsDialog(settings, { ...shared, hasLineEndings });
  const meanings = new Map(service === undefined ? COMMAND_HELP.rows : service.help?.rows);
  const palette = new Palette({
    ...shared,
    copy: deps.copy,
    clear: () => {
      screen.clear();
      returnToLine();
    },
    hasSelection: () => screen.selection !== '',
    chooseCommand,
    settings,
    download: () => {
      download(screen.transcript, fileName);
      returnToLine();
    },
    commands: () => {
      const { promptKind } = conversation;
      if (!takesCommand(promptKind)) return [];
      return commands.map((command) => [command, meanings.get(command.trimEnd()) ?? '']);
    },
  });
  const cancelDialog = new CancelDialog(url, toast, () => history.reloadSoon());
  const storeDialog = new StoreDialog(
    url,
    toast,
    () => live?.details,
    () => history.showNewest(),
  );
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
  const find = new FindBar(requireElement(document, 'main'), screen, toast, focusLine);
  const help = new HelpDialog(commands, service?.help);
  return { help, settings: settingsDialog, palette, find, notifications, plan, history, board };
}

async function copyMessage(message: string, toast: Toast): Promise<void> {
  const isCopied = await copy(message);
  toast.show(isCopied ? 'Copied.' : 'Copying is not possible in this browser.');
}
