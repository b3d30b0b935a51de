// The conversation between the user at the page and a server behind the bridge. It connects the
// parts: lines go from the line editor to the dialogue (client/dialogue/), text goes from the
// server to the dialogue, and the dialogue's output goes to the screen and to the server. Parsing,
// drawing and networking are done by those parts.
//
//   prompting    --Enter--> waiting --the next prompt--> prompting
//   prompting, waiting --the connection or the conversation ends--> disconnected
//   disconnected --Enter, or an automatic reconnect--> waiting
//
// When the connection is lost, the line being typed is kept or discarded:
//
// - A command stays on the line.
// - A message stays, too. After reconnecting, the page sends MSGSTORE for it again.
// - A password is discarded, with everything that is typed after it, up to Enter. It must not
//   become an answer to another prompt.

import {
  type Conversation,
  type Effect,
  type Ending,
  isSecret,
  type PromptKind,
  type Speaker,
} from '../../client/dialogue/conversation.ts';
import type {
  ConnectionEvents,
  ConnectionState,
  ReconnectingSocket,
} from '../connection/reconnectingSocket.ts';
import type { EditorRequest, LineEditor } from '../editor/lineEditor.ts';
import type { Announcer } from './announcer.ts';
import { nextStepHint } from './nextStepHint.ts';
import {
  PASSWORD_DISCARDED,
  PromptDisplay,
  type PromptDisplayDependencies,
} from './promptDisplay.ts';
import type { Screen } from './screen.ts';

export interface PageConversationDependencies extends PromptDisplayDependencies {
  socket: Pick<ReconnectingSocket, 'connect' | 'send' | 'stopRetrying' | 'close' | 'state'>;
  screen: PromptDisplayDependencies['screen'] &
    Pick<Screen, 'print' | 'hideLine' | 'scrollOutOfView'>;
  announcer: Pick<Announcer, 'announce' | 'announceMessage'>;
  editor: LineEditor;
  /** The commands of the message server; empty for another service. */
  commands: readonly string[];
  /** Adds a line to the history. */
  remember(line: string): void;
  /** Creates the conversation for a new connection. */
  createConversation(): Conversation;
  /** Called when the page starts to wait for a reply, and when it stops. */
  setAwaitingReply(isAwaiting: boolean): void;
}

type PageState =
  | { is: 'prompting'; for: PromptKind; prompt: string }
  /** Waiting for the server, or for the first connection. */
  | { is: 'waiting' }
  /** There is no conversation. `ending`: how the last one ended. */
  | { is: 'disconnected'; ending: Ending };

/** A password prompt may follow these commands: what is typed ahead of it may be a password. */
const PASSWORD_COMMANDS: ReadonlySet<string> = new Set(['MSGSTORE', 'SHUTDOWN']);

/** A key that completes or discards a line. */
const END_OF_LINE = /[\r\n\x03]/;

export class PageConversation implements ConnectionEvents {
  readonly #deps: PageConversationDependencies;
  readonly #display: PromptDisplay;
  #conversation: Conversation | undefined;
  #state: PageState = { is: 'waiting' };
  /** The kind of the prompt that a lost connection or the server canceled. */
  #interruptedKind: PromptKind | undefined;
  /** The last line that was sent, trimmed; empty if it was secret. */
  #lastLine = '';
  /**
   * Whether this is a reconnect in which nothing was sent or received yet. If it fails soon,
   * nothing is printed: the user already knows that the connection was lost.
   */
  #isQuietReconnect = false;
  /** The prompt of a message that a lost connection interrupted, until it is shown again. */
  #messagePrompt: string | undefined;
  /** Whether keys are discarded up to Enter, because they are the rest of a password. */
  #isDiscarding = false;
  /** The line that a command button replaced; restored at the next prompt that is not secret. */
  #stashedLine = '';
  #lastPrompt = '';

  constructor(deps: PageConversationDependencies) {
    this.#deps = deps;
    this.#display = new PromptDisplay(deps);
  }

  get isLineEmpty(): boolean {
    const { line, search } = this.#deps.editor;
    return line.text === '' && search === undefined;
  }

  /** The kind of the current prompt; `undefined` if there is no prompt. */
  get promptKind(): PromptKind | undefined {
    return this.#state.is === 'prompting' ? this.#state.for : undefined;
  }

  opened(): void {
    this.#isQuietReconnect = this.#state.is === 'disconnected' && this.#state.ending === 'lost';
    this.#conversation = this.#deps.createConversation();
    this.#state = { is: 'waiting' };
    this.#lastLine = '';
    this.#perform(this.#conversation.start());
    this.#resumeMessage();
  }

  received(text: string): void {
    this.#isQuietReconnect = false;
    this.#deps.setAwaitingReply(false);
    this.#perform(this.#conversation?.received(text) ?? []);
  }

  closed(reason: string, wasStable: boolean): void {
    this.#deps.setAwaitingReply(false);
    if (this.#isQuietReconnect && !wasStable) {
      this.#interruptedKind = this.promptKind;
      this.#disconnect('lost');
      this.draw();
    } else {
      this.#perform(this.#conversation?.closed(reason) ?? []);
    }
    this.#conversation = undefined;
  }

  stateChanged(state: ConnectionState): void {
    // Print why the very first attempt failed; for later ones, the status in the header is enough.
    const isFirst = this.#conversation === undefined && this.#state.is === 'waiting';
    if (!isFirst || state.is === 'connecting' || state.is === 'connected') return;
    this.#print(`[${state.reason}]`, 'note');
    this.#end('lost');
    this.draw();
  }

  /** Handles keys and pastes, from xterm's `onData`. */
  type(data: string): void {
    if (this.#isDiscarding) {
      this.#isDiscarding = !END_OF_LINE.test(data);
      this.draw();
      return;
    }
    for (const request of this.#deps.editor.type(data)) this.#handleRequest(request);
    if (this.#state.is === 'disconnected') this.#connectAtEnter();
    else this.#answerPrompts();
    this.draw();
  }

  /** Replaces the line being typed. */
  replace(text: string): void {
    if (!this.#isDiscarding) this.#deps.editor.replace(text);
    this.draw();
  }

  /**
   * Sends a command, if the prompt asks for one. The line being typed is restored at the next
   * prompt.
   */
  command(command: string): void {
    const { editor } = this.#deps;
    if (this.promptKind !== 'command') return;
    this.#isDiscarding = false;
    this.#stashedLine = editor.line.text;
    editor.replace(command);
    this.type('\r');
  }

  /** Shows the prompt and the line being typed, in their current state. */
  draw(): void {
    switch (this.#state.is) {
      case 'prompting':
        this.#drawPrompt(this.#state.prompt, this.#state.for);
        break;
      case 'waiting': {
        const typed = this.#isDiscarding ? '' : this.#deps.editor.line.text;
        this.#display.showTypeAhead(typed, PASSWORD_COMMANDS.has(this.#lastLine));
        break;
      }
      case 'disconnected': {
        const prompt = this.#messagePrompt ?? '';
        this.#drawPrompt(prompt, undefined, prompt || 'Not connected:');
        break;
      }
    }
  }

  #drawPrompt(prompt: string, kind: PromptKind | undefined, label?: string): void {
    if (this.#isDiscarding) this.#display.showDiscarding(kind);
    else this.#display.show(prompt, kind, label);
  }

  /** Answers prompts with completed lines, as long as there are both. */
  #answerPrompts(): void {
    while (this.#state.is === 'prompting') {
      const line = this.#deps.editor.takeLine();
      if (line === undefined) return;
      this.#answer(line, this.#state);
    }
  }

  #answer(line: string, { prompt, for: kind }: PageState & { is: 'prompting' }): void {
    this.#state = { is: 'waiting' };
    this.#isQuietReconnect = false;
    if (!isSecret(kind)) this.#messagePrompt = undefined;
    this.#lastLine = isSecret(kind) ? '' : line.trim();
    this.#display.complete(prompt, line, kind);
    // A leading space keeps a line out of the history, as in a shell.
    if (!isSecret(kind) && !line.startsWith(' ')) this.#deps.remember(line);
    for (const effect of this.#conversation?.typed(line) ?? []) this.#performOne(effect);
    if (kind !== 'line' && this.#state.is === 'waiting') this.#deps.setAwaitingReply(true);
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
    this.#answerPrompts();
    this.draw();
  }

  #performOne(effect: Effect): void {
    switch (effect.do) {
      case 'print':
        this.#print(effect.line, effect.speaker);
        break;
      case 'ask':
        this.#startPrompt(effect.for, effect.prompt);
        break;
      case 'stopAsking':
        this.#interruptedKind = this.promptKind;
        this.#state = { is: 'waiting' };
        this.#deps.screen.hideLine();
        break;
      case 'send':
        this.#deps.socket.send(effect.text);
        break;
      case 'end':
        this.#end(effect.ending);
        break;
      default:
        effect satisfies never;
    }
  }

  #print(line: string, speaker: Speaker): void {
    const { screen, announcer } = this.#deps;
    screen.print(line, speaker);
    // The user's own lines are not announced.
    if (speaker === 'message') announcer.announceMessage(line);
    else if (speaker !== 'client') announcer.announce(line);
  }

  #startPrompt(kind: PromptKind, prompt: string): void {
    const { editor, announcer } = this.#deps;
    // A password that was being typed must not answer another prompt.
    const wasSecret = this.#interruptedKind !== undefined && isSecret(this.#interruptedKind);
    if (wasSecret && !isSecret(kind) && editor.line.text !== '') this.#discardPassword();
    this.#state = { is: 'prompting', for: kind, prompt };
    this.#interruptedKind = undefined;
    if (prompt !== this.#lastPrompt) announcer.announce(prompt);
    this.#lastPrompt = prompt;
    editor.startPrompt({
      completions: kind === 'command' ? this.#deps.commands : [],
      isSecret: isSecret(kind),
    });
    if (!isSecret(kind)) this.#restoreStashedLine();
  }

  /** Puts the stashed line before the text typed since. */
  #restoreStashedLine(): void {
    const { editor } = this.#deps;
    if (this.#stashedLine === '') return;
    editor.replace(`${this.#stashedLine}${editor.line.text}`);
    this.#stashedLine = '';
  }

  /** Sends MSGSTORE for a message that was interrupted by a lost connection. */
  #resumeMessage(): void {
    const { editor } = this.#deps;
    const messagePrompt = this.#messagePrompt;
    if (messagePrompt === undefined || this.#state.is !== 'prompting') return;
    this.#messagePrompt = undefined;
    // The user may have discarded the message meanwhile.
    if (editor.line.text === '') return;
    // The server may ask for a password first.
    this.#stashedLine = editor.line.text;
    editor.replace('');
    this.#answer('MSGSTORE', this.#state);
    this.#messagePrompt = messagePrompt;
    this.draw();
  }

  /** Discards the line, and everything that is typed up to Enter. */
  #discardPassword(): void {
    const { editor, announcer } = this.#deps;
    editor.replace('');
    this.#isDiscarding = true;
    announcer.announce(PASSWORD_DISCARDED);
  }

  /** Ends the conversation, and prints a hint. */
  #end(ending: Ending): void {
    this.#disconnect(ending);
    const { socket } = this.#deps;
    if (ending !== 'lost') socket.stopRetrying();
    this.#print(`[${nextStepHint(ending, socket.state.is !== 'ended')}]`, 'note');
  }

  /**
   * Enters the state `disconnected`. Type-ahead is discarded: it may be a password, and the next
   * prompt asks for a command.
   */
  #disconnect(ending: Ending): void {
    const { editor } = this.#deps;
    const kind = this.#interruptedKind;
    const isPassword = kind === undefined ? this.#lastLine === 'SHUTDOWN' : isSecret(kind);
    const hadTypeAhead = editor.discardTypeAhead() && kind === undefined;
    if (hadTypeAhead) editor.replace('');
    if (isPassword) this.#discardPassword();
    this.#restoreStashedLine();
    if (kind === 'message') this.#messagePrompt = this.#lastPrompt;
    else if (kind !== undefined && !isSecret(kind)) this.#messagePrompt = undefined;
    this.#interruptedKind = undefined;
    this.#state = { is: 'disconnected', ending };
    editor.startPrompt({ completions: this.#deps.commands, isSecret: false });
  }

  #handleRequest(request: EditorRequest): void {
    switch (request.request) {
      case 'interrupt':
        this.#interrupt(request.text);
        break;
      case 'endSession':
        this.command('QUIT');
        if (this.promptKind === 'line') this.#hangUp();
        break;
      case 'clearScreen':
        this.#deps.screen.scrollOutOfView();
        break;
      case 'showCompletions':
        this.#print(request.words.join('  '), 'note');
        break;
      case 'reportTooLong':
        this.#print('[the line would be too long; nothing was inserted]', 'note');
        break;
      default:
        request satisfies never;
    }
  }

  #hangUp(): void {
    this.#isQuietReconnect = false;
    this.#deps.socket.close();
  }

  /** Leaves the discarded text on the screen, as a shell does. */
  #interrupt(text: string): void {
    if (this.#state.is !== 'prompting') return;
    this.#display.complete(this.#state.prompt, text, this.#state.for, '^C');
  }

  /** Enter connects, and keeps the line to be sent with another Enter. */
  #connectAtEnter(): void {
    const { editor, socket } = this.#deps;
    const line = editor.takeLine();
    if (line === undefined) return;
    const isPaste = editor.takeLine() !== undefined || editor.line.text !== '';
    if (isPaste) this.#print('[not connected; only the first pasted line is kept]', 'note');
    editor.discardTypeAhead();
    editor.replace(line);
    socket.connect();
    const isShutdown = line.trim() === 'SHUTDOWN' && this.#deps.commands.includes('SHUTDOWN');
    if (isPaste || this.#messagePrompt !== undefined || !isShutdown) return;
    // A user who does not look at the screen types the password next.
    this.#deps.remember(line);
    this.#discardPassword();
  }
}
