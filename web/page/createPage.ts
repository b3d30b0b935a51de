// Creates the page's parts, and connects them. Each part has its own file; the central one is
// pageConversation.ts, through which every line goes from the user to the server and back.
//
//   build      settings ─▶ socket, screen, field ─▶ conversation ─▶ panels and tools
//   wire       the page's buttons, keys and settings to the parts
//   connect    last: no event of a connection comes before every part exists
//
// Two parts that call each other are built one after the other; the callbacks of the first one run
// only after that, because only the user and the connection cause them.

import { COMMANDS } from '../../protocol/commands.ts';
import { applyAppearance, minimumContrast, terminalTheme } from '../appearance/themes.ts';
import type { BufferedSocket } from '../connection/bufferedSocket.ts';
import { type ConnectionEvents, isUnknownTarget } from '../connection/connectionState.pure.ts';
import { ConnectionStatus } from '../connection/connectionStatus.ts';
import { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import { LineEditor } from '../editor/lineEditor.ts';
import type { LiveMessage } from '../message/liveMessage.ts';
import { openStorage } from '../settings/storage.ts';
import { StoredHistory } from '../settings/storedHistory.ts';
import { terminalFontSize } from '../settings/terminalFontSize.ts';
import { UserSettings } from '../settings/userSettings.ts';
import { requireElement } from '../ui/dom.ts';
import { NativeField } from '../ui/nativeField.ts';
import { Toast } from '../ui/toast.ts';
import { Announcer } from './announcer.ts';
import { copyFromTerminal } from './copyTool.ts';
import { InputChoice } from './inputChoice.ts';
import { reloadWith, takeKept } from './keptLine.ts';
import { LazyPart } from './lazyPart.ts';
import {
  createDialogue,
  createLiveMessage,
  hideMessageBar,
  MESSAGE_BUTTONS,
} from './messageServer.ts';
import { partOpener } from './openPart.ts';
import { PageConversation } from './pageConversation.ts';
import { PageKeys } from './pageKeys.ts';
import { type PageTarget, pageTitle } from './pageTarget.ts';
import type { Panels } from './panels.ts';
import { Screen, type ScreenPart } from './screen.ts';
import { StartHint, startHintText } from './startHint.ts';
import type { TargetService } from './targetService.ts';
import { wirePage } from './wirePage.ts';

const NO_REPLY = 'the server did not answer';

/** What the page reports if a part could not be loaded. */
const LOAD_FAILED: Record<ScreenPart | 'panels' | 'touch', string> = {
  panels: 'This part of the page could not be loaded. Try again, or reload the page.',
  links: 'The links in the terminal do not work: reload the page.',
  touch: 'The terminal does not scroll by touch: reload the page.',
  characters: 'Some characters may overlap: their widths could not be loaded.',
};

export interface Page {
  /** Opens the connections. Call it once. */
  connect(): void;
}

/**
 * Builds the page for a target, without connecting to it.
 *
 * @param early The WebSocket to the target that was opened before, if there is one.
 * @param service What the target is, if it is not a message server.
 */
export function createPage(
  document: Document,
  target: PageTarget,
  early: BufferedSocket | undefined,
  service?: TargetService,
): Page {
  const title = pageTitle(target, service?.title);
  const isMessageServer = service === undefined;
  const storage = openStorage();
  const settings = new UserSettings(storage);
  const history = new StoredHistory(storage, `motd.history ${target.url.pathname}`);
  const commands = service?.commands ?? COMMANDS;
  const isReadOnly = service?.isReadOnly ?? false;
  const keptKey = `motd.line ${target.url.pathname}`;

  // The connection.
  const status = new ConnectionStatus(
    document,
    { name: target.name, isReadOnly },
    () => {
      input.returnToLine();
      if (socket.state.is === 'loggedOut') reloadWith(keptKey, conversation.keptLine);
      else if (socket.state.is === 'connected') socket.reconnect(NO_REPLY);
      else if (isUnknownTarget(socket.state)) location.assign('targets');
      else socket.connect();
    },
    () => input.returnToLine(),
  );
  const events: ConnectionEvents = {
    opened: () => conversation.opened(),
    received: (text) => conversation.received(text),
    notified: (text) => conversation.notified(text),
    closed: (reason, wasStable) => conversation.closed(reason, wasStable),
    stateChanged: (state) => {
      status.show(state, conversation.ending);
      conversation.stateChanged(state);
      if (state.is === 'connected') live?.reconnect();
    },
  };
  const socket = new ReconnectingSocket(target.url, events, early);

  // Output and input.
  const announcer = new Announcer(requireElement(document, '#announcements'));
  const toast = new Toast(requireElement(document, '#toast'));
  const applyColors = () => {
    screen.theme = terminalTheme();
    if (service?.showsColor) screen.minimumContrast = minimumContrast();
  };
  applyAppearance(settings, applyColors);
  const terminal = requireElement(document, '#terminal');
  const screen = new Screen(terminal, terminalTheme(), terminalFontSize(settings), {
    typed: (data) => type(data),
    keyDown: (event) => keys.keyDownInTerminal(event),
    drawn: () => startHint.place(() => screen.freeRowsTop),
    loadFailed: (part) => toast.show(LOAD_FAILED[part]),
  });
  if (service?.showsColor) applyColors();
  if (isReadOnly) screen.setReadOnly();
  const field = new NativeField(
    requireElement(document, '#field', HTMLFormElement),
    service?.buttons ?? MESSAGE_BUTTONS,
    {
      changed: (text) => conversation.replace(text),
      submitted: () => conversation.type('\r'),
      commandPressed: (command) => chooseCommand(command),
      typed: (data) => conversation.type(data),
    },
  );
  const input = new InputChoice(settings, screen, field, isReadOnly);
  const startHint = new StartHint(requireElement(document, '#start-hint'), () =>
    startHintText(commands, field.isShown),
  );

  // The conversation.
  const conversation: PageConversation = new PageConversation({
    socket,
    screen,
    field,
    announcer,
    startHint,
    editor: new LineEditor(history.lines),
    commands,
    isMessageServer,
    conceal: service?.conceal ?? ((line) => line),
    remember: (line) => history.add(line),
    shutDownHint: async () => {
      // The bridge may have stopped, too.
      const part = await import('./shutDownHint.ts').catch(() => undefined);
      return part?.shutDownHint(target) ?? 'the server was shut down';
    },
    createConversation: () =>
      service?.createConversation(settings, conversation) ?? createDialogue(settings),
    masksPasswords: () => settings.get('maskPassword'),
    messageInForce: () => live?.message,
    setAwaitingReply: (isAwaiting) => status.setAwaitingReply(isAwaiting),
  });

  const type = (data: string) => {
    // Enter still connects.
    const isIgnored = isReadOnly && (data !== '\r' || socket.state.is === 'connected');
    if (!isIgnored) conversation.type(data);
  };

  const chooseCommand = (command: string) => {
    // Its arguments are missing. Ctrl-E Ctrl-U: Ctrl-Y brings the line back that was typed.
    if (command.endsWith(' ')) conversation.type(`\x05\x15${command}`);
    else conversation.command(command);
    // These commands ask for another line: show the touch keyboard.
    const needsLine = command.endsWith(' ') || command === 'MSGSTORE' || command === 'SHUTDOWN';
    if (needsLine) input.focusLine();
  };

  // Panels and tools.
  const panels = new LazyPart<Panels>(
    async () => {
      const { createPanels } = await import('./panels.ts');
      return createPanels(document, {
        url: target.url,
        title,
        service,
        settings,
        toast,
        live,
        screen,
        copy,
        conversation,
        chooseCommand,
        fileName: `${target.name ?? title}.txt`,
        focusLine: () => input.focusLine(),
        returnToLine: () => input.returnToLine(),
      });
    },
    () => {
      loading.close();
      toast.show(LOAD_FAILED.panels);
    },
  );
  const loading = requireElement(document, '#loading', HTMLDialogElement);
  const loadingField = requireElement(loading, 'input', HTMLInputElement);
  const openPart = partOpener(panels, loading, loadingField);
  const copy = () => void copyFromTerminal(screen, toast, () => input.returnToLine());
  const keys = new PageKeys({
    terminal,
    screen,
    field,
    conversation,
    copy,
  });

  // Wire the page to them.
  for (const id of ['#title', '#name']) requireElement(document, id).textContent = title;
  requireElement(document, '#host').textContent = location.host;
  document.title = title;
  wirePage(document, { openPart, input, keys, screen, settings, conversation });
  input.apply();
  if (matchMedia('(any-pointer: coarse)').matches) {
    import('./touch.ts').then(
      ({ supportTouch }) => supportTouch(terminal, screen),
      () => toast.show(LOAD_FAILED.touch),
    );
  }
  for (const id of ['#tools', '#message-tools']) requireElement(document, id).inert = false;
  if (!isMessageServer) hideMessageBar(document);
  const live: LiveMessage | undefined = isMessageServer
    ? createLiveMessage(document, target.url, () => input.returnToLine(), {
        changed: (message) => {
          announcer.announceMessage(message);
          panels.useIfLoaded(({ history }) => history.reloadSoon());
          if (settings.get('notify'))
            panels.use(({ notifications }) => notifications.show(message));
        },
        stoppedResponding: () => socket.reconnect(NO_REPLY),
      })
    : undefined;

  return {
    connect() {
      const kept = takeKept(keptKey);
      if (kept) conversation.restore(kept);
      if (window.earlyKeys) type(window.earlyKeys);
      window.earlyKeys = '';
      socket.connect();
      afterNextFrame(() => live?.start());
    },
  };
}

/** Runs an action after the next frame, so that the prompt comes first; a hidden page has none. */
function afterNextFrame(action: () => void): void {
  if (document.visibilityState === 'hidden') action();
  else requestAnimationFrame(() => setTimeout(action));
}
