// The page's entry point: creates its parts, and connects them. Each part has its own file. The
// central one is pageConversation.ts, through which every line goes from the user to the server and
// back. Parts that refer to each other do so in callbacks, which run only after all of them exist.

import type { Conversation } from '../../client/dialogue/conversation.ts';
import { Dialogue } from '../../client/dialogue/dialogue.ts';
import { LineMode } from '../../client/dialogue/lineMode.ts';
import { COMMANDS } from '../../protocol/commands.ts';
import { applyAppearance, searchDecorations, terminalTheme } from '../appearance/themes.ts';
import { ConnectionStatus } from '../connection/connectionStatus.ts';
import { loggedInUser } from '../connection/login.ts';
import { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import { LineEditor } from '../editor/lineEditor.ts';
import { HistoryPanel } from '../message/historyPanel.ts';
import { LiveMessage } from '../message/liveMessage.ts';
import { Notifications } from '../message/notifications.ts';
import { SettingsDialog } from '../settings/settingsDialog.ts';
import { openStorage } from '../settings/storage.ts';
import { loadHistory, storeLines } from '../settings/storedHistory.ts';
import { UserSettings } from '../settings/userSettings.ts';
import { copy } from '../ui/clipboard.ts';
import { requireElement } from '../ui/dom.ts';
import { download } from '../ui/download.ts';
import { FindBar } from '../ui/findBar.ts';
import { HelpDialog } from '../ui/helpDialog.ts';
import { NativeField } from '../ui/nativeField.ts';
import { type PageShortcut, shortcutFor } from '../ui/shortcuts.ts';
import { Toast } from '../ui/toast.ts';
import { Announcer } from './announcer.ts';
import { PageConversation } from './pageConversation.ts';
import { pageTitle, targetFromUrl } from './pageTarget.ts';
import { Screen } from './screen.ts';
import { showUnknownTarget } from './unknownTarget.ts';

/** If a reply takes longer, the status offers to reconnect. */
const REPLY_TIMEOUT_MS = 5_000;
const NO_REPLY = 'the server did not answer';

// With an invalid target, the script stops here: showUnknownTarget() never resolves.
const target = targetFromUrl(new URL(location.href)) ?? (await showUnknownTarget());
const title = pageTitle(target);

// The settings.
const storage = openStorage();
const settings = new UserSettings(storage);
const touchDevice = matchMedia('(hover: none) and (pointer: coarse)');

// The connection. It opens while the rest of the page is created.
const status = new ConnectionStatus(
  {
    light: requireElement(document, '#status-light'),
    text: requireElement(document, '#status'),
    countdown: requireElement(document, '#countdown'),
    button: requireElement(document, '#try-now'),
  },
  () => {
    returnToLine();
    if (socket.state.is === 'connected') socket.reconnect(NO_REPLY);
    else socket.connect();
  },
  returnToLine,
);
const socket: ReconnectingSocket = new ReconnectingSocket(target.url, {
  opened: () => conversation.opened(),
  received: (text) => conversation.received(text),
  closed: (reason, wasStable) => conversation.closed(reason, wasStable),
  stateChanged: (state) => {
    status.show(state);
    if (state.is !== 'connecting') conversation.stateChanged(state);
  },
});
socket.connect();

// Output and input.
const announcer = new Announcer(requireElement(document, '#announcements'));
const toast = new Toast(requireElement(document, '#toast'));
applyAppearance(settings, () => {
  screen.theme = terminalTheme();
});
const screen = new Screen(
  requireElement(document, '#terminal'),
  terminalTheme(),
  settings.get('fontSize'),
  {
    typed: (data) => conversation.type(data),
    keyDown: keyDownInTerminal,
  },
);
const commands = target.isMessageServer ? COMMANDS : [];
const field = new NativeField(requireElement(document, '#field', HTMLFormElement), commands, {
  changed: (text) => conversation.replace(text),
  submitted: () => conversation.type('\r'),
  commandPressed: (command) => {
    conversation.command(command);
    // Both commands ask for another line: show the touch keyboard.
    if (command === 'MSGSTORE' || command === 'SHUTDOWN') field.focus();
  },
  typed: (data) => conversation.type(data),
});

// The conversation.
const historyKey = `motd.history ${target.url.pathname}`;
const history = loadHistory(storage, historyKey);
const unstoredLines: string[] = [];
let replyTimer: ReturnType<typeof setTimeout> | undefined;
const conversation = new PageConversation({
  socket,
  screen,
  field,
  announcer,
  editor: new LineEditor(history),
  commands,
  remember,
  createConversation: target.isMessageServer ? createDialogue : createLineMode,
  masksPasswords: () => settings.get('maskPassword'),
  setAwaitingReply,
});

// Dialogs and tools.
const notifications = new Notifications(() => settings.get('notify'));
const help = new HelpDialog(
  requireElement(document, '#help', HTMLDialogElement),
  requireElement(document, '#help-button'),
);
const settingsDialog = new SettingsDialog(
  requireElement(document, '#settings', HTMLDialogElement),
  requireElement(document, '#settings-button'),
  settings,
  () => notifications.requestPermission(),
);
const findBar = new FindBar(
  {
    bar: requireElement(document, '#find'),
    form: requireElement(document, '#find-form', HTMLFormElement),
    text: requireElement(document, '#find-text', HTMLInputElement),
    count: requireElement(document, '#find-count'),
    previous: requireElement(document, '#find-previous'),
    close: requireElement(document, '#find-close'),
  },
  screen,
  searchDecorations,
  focusLine,
);

const user = loggedInUser(document.cookie);
if (user !== undefined) settingsDialog.showLogin(user);
requireElement(document, '#title').textContent = title;
document.title = title;
document.addEventListener('keydown', keyDownOutsideTerminal);
onClick('find-button', () => findBar.open());
onClick('copy-button', copyText);
onClick('download-button', () => {
  download(screen.transcript, `${target.name ?? title}.txt`);
  returnToLine();
});
onClick('clear-button', () => {
  screen.clear();
  returnToLine();
});

chooseInput();
touchDevice.addEventListener('change', chooseInput);
settings.onChange((key) => {
  if (key === 'fontSize') screen.fontSize = settings.get('fontSize');
  if (key === 'input') chooseInput();
  if (key === 'maskPassword') conversation.draw();
});
fitAboveTouchKeyboard();

if (target.isMessageServer) setUpMessageServer();
else adaptToLineMode();

function createDialogue(): Conversation {
  return new Dialogue({
    get masksPasswords() {
      return settings.get('maskPassword');
    },
  });
}

function createLineMode(): Conversation {
  return new LineMode(target.name ?? '', {
    get lineEnd() {
      return settings.get('lineEnd') === 'crlf' ? '\r\n' : '\n';
    },
  });
}

/** Shows the live message above the terminal, and the history beside it. */
function setUpMessageServer(): void {
  const panel = new HistoryPanel(
    target.url,
    requireElement(document, '#history'),
    requireElement(document, '#history-button'),
  );
  const live = new LiveMessage(
    target.url,
    requireElement(document, '#message-bar'),
    requireElement(document, '#message'),
    {
      changed: (message) => {
        announcer.announceMessage(message);
        notifications.show(message);
        panel.messageChanged();
      },
      stoppedResponding: () => socket.reconnect(NO_REPLY),
    },
  );
  live.start();
}

/** Adapts the page to another service: it has no message of the day, and no commands. */
function adaptToLineMode(): void {
  requireElement(document, '#message').hidden = true;
  requireElement(document, '#history-button').hidden = true;
  settingsDialog.showLineEndings();
  help.hideCommands();
}

/** Accepts input in the terminal or in the field below it, depending on the settings. */
function chooseInput(): void {
  const chosen = settings.get('input');
  field.isShown = chosen === 'auto' ? touchDevice.matches : chosen === 'field';
  screen.acceptsInput = !field.isShown;
  returnToLine();
}

/** Returns the focus to the line after a tool was used, unless that opens a touch keyboard. */
function returnToLine(): void {
  if (!touchDevice.matches) focusLine();
}

/** Starts or stops the timer that shows in the status that a reply is overdue. */
function setAwaitingReply(isAwaiting: boolean): void {
  clearTimeout(replyTimer);
  if (isAwaiting) replyTimer = setTimeout(() => status.showUnresponsive(), REPLY_TIMEOUT_MS);
  else if (socket.state.is === 'connected') status.show(socket.state);
}

/** Adds a line to the history. Lines of the same task, as from a paste, are stored together. */
function remember(line: string): void {
  history.add(line);
  if (unstoredLines.push(line) > 1) return;
  queueMicrotask(() => storeLines(storage, historyKey, unstoredLines.splice(0)));
}

function focusLine(): void {
  if (field.isShown) field.focus();
  else screen.focus();
}

/** @returns Whether the page or the browser handles the key, and the terminal does not. */
function keyDownInTerminal(event: KeyboardEvent): boolean {
  const shortcut = shortcutFor(event, {
    hasSelection: screen.selection !== '',
    isLineEmpty: field.isShown || conversation.isLineEmpty,
    isCommandPrompt: conversation.promptKind === 'command',
  });
  if (shortcut === 'terminal') return false;
  if (shortcut !== 'browser') runShortcut(shortcut, event);
  return true;
}

/** Outside the terminal, the browser handles the keys for editing and copying. */
function keyDownOutsideTerminal(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
  if (requireElement(document, '#terminal').contains(document.activeElement)) return;
  const shortcut = shortcutFor(event, {
    hasSelection: false,
    isLineEmpty: false,
    isCommandPrompt: false,
  });
  if (shortcut === 'terminal' || shortcut === 'browser' || shortcut === 'copy') return;
  // The browser scrolls the history and a long message.
  const isScrolling = shortcut === 'pageUp' || shortcut === 'pageDown';
  if (isScrolling && document.activeElement?.closest('#history, #message')) return;
  runShortcut(shortcut, event);
}

function runShortcut(shortcut: PageShortcut, event: KeyboardEvent): void {
  event.preventDefault();
  switch (shortcut) {
    case 'find':
      findBar.open();
      break;
    case 'help':
      help.open();
      break;
    case 'copy':
      void copyText();
      break;
    case 'pageUp':
      screen.scrollPages(-1);
      break;
    case 'pageDown':
      screen.scrollPages(1);
      break;
    default:
      shortcut satisfies never;
  }
}

/** Copies the selection, or everything if nothing is selected. */
async function copyText(): Promise<void> {
  const { selection } = screen;
  const isCopied = await copy(selection || screen.transcript);
  returnToLine();
  if (!isCopied) toast.show('Copying is not possible in this browser.');
  else toast.show(selection ? 'Copied.' : 'Copied everything.');
}

/** Keeps the page above a touch keyboard in Safari, which does not shrink the layout viewport. */
function fitAboveTouchKeyboard(): void {
  const { visualViewport } = window;
  visualViewport?.addEventListener('resize', () => {
    // Zooming in changes the height, too: keep the layout then.
    const height = visualViewport.scale === 1 ? `${visualViewport.height}px` : '';
    document.body.style.height = height;
  });
}

function onClick(id: string, listener: () => void): void {
  requireElement(document, `#${id}`).addEventListener('click', listener);
}
