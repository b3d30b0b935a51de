// The page: puts its parts together. What each does stands in its own file; pageConversation.ts is
// where a line goes from the person to the server and back.

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

/** An answer that takes longer may never come. */
const PATIENCE_MS = 5_000;
const SILENT = 'the server did not answer';

// Without a target there is nobody to connect to: the program ends here.
const target = targetFromUrl(new URL(location.href)) ?? (await showUnknownTarget());
const title = pageTitle(target);

// What the person chose.
const storage = openStorage();
const settings = new UserSettings(storage);
const prefersField = matchMedia('(hover: none) and (pointer: coarse)');

// How the connection is.
const status = new ConnectionStatus(
  {
    light: requireElement(document, '#status-light'),
    text: requireElement(document, '#status'),
    countdown: requireElement(document, '#countdown'),
    button: requireElement(document, '#try-now'),
  },
  () => {
    returnToLine();
    // Where it only seems to be connected, it is connected anew.
    if (socket.state.is === 'connected') socket.reconnect(SILENT);
    else socket.connect();
  },
  returnToLine,
);

// What carries the conversation. It is on its way while the rest of the page is made.
const socket: ReconnectingSocket = new ReconnectingSocket(target.url, {
  opened: () => conversation.opened(),
  received: (text) => conversation.received(text),
  closed: (reason, hasLasted) => conversation.closed(reason, hasLasted),
  stateChanged: (state) => {
    status.show(state);
    if (state.is !== 'connecting') conversation.stateChanged(state);
  },
});
socket.connect();

// What the person sees, and hears.
const spoken = new Announcer(requireElement(document, '#announcements'));
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
    keyDown,
  },
);
const commands = target.isMessageServer ? COMMANDS : [];
const field = new NativeField(requireElement(document, '#field', HTMLFormElement), commands, {
  changed: (text) => conversation.replace(text),
  entered: () => conversation.type('\r'),
  commanded: (command) => {
    conversation.command(command);
    // A touch keyboard comes for what is to be typed next.
    if (command === 'MSGSTORE' || command === 'SHUTDOWN') field.focus();
  },
  pressed: (data) => conversation.type(data),
});

// The conversation.
const historyKey = `motd.history ${target.url.pathname}`;
const history = loadHistory(storage, historyKey);
const unkept: string[] = [];
let impatience: ReturnType<typeof setTimeout> | undefined;
const conversation = new PageConversation({
  socket,
  screen,
  field,
  spoken,
  editor: new LineEditor(history),
  commands,
  keep,
  begin: target.isMessageServer ? beginDialogue : beginLineMode,
  masksPasswords: () => settings.get('maskPassword'),
  awaits,
});

// What opens, and what is beside the terminal.
const notifications = new Notifications(() => settings.get('notify'));
const help = new HelpDialog(
  requireElement(document, '#help', HTMLDialogElement),
  requireElement(document, '#help-button'),
);
const settingsDialog = new SettingsDialog(
  requireElement(document, '#settings', HTMLDialogElement),
  requireElement(document, '#settings-button'),
  settings,
  () => notifications.ask(),
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
document.addEventListener('keydown', keyDownElsewhere);
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
prefersField.addEventListener('change', chooseInput);
settings.onChange((key) => {
  if (key === 'fontSize') screen.fontSize = settings.get('fontSize');
  if (key === 'input') chooseInput();
  if (key === 'maskPassword') conversation.draw();
});
followKeyboard();

if (target.isMessageServer) watchMessage();
else leaveOutMessage();

function beginDialogue(): Conversation {
  return new Dialogue({
    get masksPasswords() {
      return settings.get('maskPassword');
    },
  });
}

function beginLineMode(): Conversation {
  return new LineMode(target.name ?? '', {
    get lineEnd() {
      return settings.get('lineEnd') === 'crlf' ? '\r\n' : '\n';
    },
  });
}

/** Today's message above the terminal, and those before it beside it. */
function watchMessage(): void {
  const panel = new HistoryPanel(
    target.url,
    requireElement(document, '#history'),
    requireElement(document, '#history-button'),
  );
  const live = new LiveMessage(
    target.url,
    requireElement(document, '#today'),
    requireElement(document, '#message'),
    {
      changed: (message) => {
        spoken.tell(message);
        notifications.tell(message);
        panel.changed();
      },
      onDead: () => socket.reconnect(SILENT),
    },
  );
  live.start();
}

/** Another service has no message of the day. */
function leaveOutMessage(): void {
  requireElement(document, '#message').hidden = true;
  requireElement(document, '#history-button').hidden = true;
  settingsDialog.showLineEnds();
  help.hideCommands();
}

/** Decides where one types: in the terminal, or in the field below it. */
function chooseInput(): void {
  const chosen = settings.get('input');
  field.isShown = chosen === 'auto' ? prefersField.matches : chosen === 'field';
  screen.takesKeys = !field.isShown;
  returnToLine();
}

/** Lets one type on after a tool was used. A touch keyboard comes when it is called. */
function returnToLine(): void {
  if (!prefersField.matches) focusLine();
}

/** An answer that is long in coming is told. */
function awaits(isAwaiting: boolean): void {
  clearTimeout(impatience);
  if (isAwaiting) impatience = setTimeout(() => status.showUnresponsive(), PATIENCE_MS);
  else if (socket.state.is === 'connected') status.show(socket.state);
}

/** Lines that come at once, as of a paste, are stored at once. */
function keep(line: string): void {
  history.add(line);
  if (unkept.push(line) > 1) return;
  queueMicrotask(() => storeLines(storage, historyKey, unkept.splice(0)));
}

function focusLine(): void {
  if (field.isShown) field.focus();
  else screen.focus();
}

/**
 * Does what a key pressed in the terminal does for the page.
 *
 * @returns Whether the terminal has no use for it.
 */
function keyDown(event: KeyboardEvent): boolean {
  const shortcut = shortcutFor(event, {
    isSelected: screen.selection !== '',
    isLineEmpty: field.isShown || conversation.isLineEmpty,
    isCommandAsked: conversation.asked === 'command',
  });
  if (shortcut === 'terminal') return false;
  if (shortcut !== 'browser') runShortcut(shortcut, event);
  return true;
}

/** Outside the terminal, editing and copying are the browser's. */
function keyDownElsewhere(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
  if (requireElement(document, '#terminal').contains(document.activeElement)) return;
  const shortcut = shortcutFor(event, {
    isSelected: false,
    isLineEmpty: false,
    isCommandAsked: false,
  });
  if (shortcut === 'terminal' || shortcut === 'browser' || shortcut === 'copy') return;
  // The history and a long message scroll themselves.
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

/** Copies what is selected; where nothing is, all there is. */
async function copyText(): Promise<void> {
  const { selection } = screen;
  const isCopied = await copy(selection || screen.transcript);
  returnToLine();
  if (!isCopied) toast.show('Copying is not possible in this browser.');
  else toast.show(selection ? 'Copied.' : 'Copied everything.');
}

/** Keeps the page above a touch keyboard where the browser lays it out below (Safari). */
function followKeyboard(): void {
  const { visualViewport } = window;
  visualViewport?.addEventListener('resize', () => {
    // Zoomed in, one looks at a part of the page: it stays as it is.
    const height = visualViewport.scale === 1 ? `${visualViewport.height}px` : '';
    document.body.style.height = height;
  });
}

function onClick(id: string, listener: () => void): void {
  requireElement(document, `#${id}`).addEventListener('click', listener);
}
