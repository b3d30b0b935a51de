// The conversation between a person at the page and a server behind the bridge: what is typed goes
// through the line editor to whoever asks, what is said goes to the screen. Nothing is parsed here,
// drawn or connected.
//
//   asked    --Enter--> waiting --the next question--> asked
//   either   --the connection is lost, or over--> away
//   away     --Enter, or by itself--> waiting, for the first question of the next conversation
//
// What is being typed when a connection is lost stays on the line. A message goes on where it was:
// the page says MSGSTORE for it once more. A password goes nowhere: all of it that is still typed
// is dropped, up to its Enter.

import {
  type Conversation,
  type Effect,
  type Ending,
  isSecret,
  type PromptKind,
  type Speaker,
} from '../../client/dialogue/conversation.ts';
import { maskSecret } from '../../client/dialogue/maskSecret.ts';
import type {
  ConnectionEvents,
  ConnectionState,
  ReconnectingSocket,
} from '../connection/reconnectingSocket.ts';
import type { EditorRequest, LineEditor } from '../editor/lineEditor.ts';
import type { PromptLine } from '../editor/lineLayout.ts';
import type { NativeField } from '../ui/nativeField.ts';
import type { Announcer } from './announcer.ts';
import { nextStepHint } from './nextStepHint.ts';
import type { Screen } from './screen.ts';

export interface Dependencies {
  socket: Pick<ReconnectingSocket, 'connect' | 'send' | 'stopRetrying' | 'close' | 'state'>;
  screen: Pick<Screen, 'print' | 'show' | 'hide' | 'end' | 'scrollAway'>;
  field: Pick<NativeField, 'ask' | 'show'>;
  spoken: Pick<Announcer, 'say' | 'tell'>;
  editor: LineEditor;
  /** Those that can be said; none to a service that is no message server. */
  commands: readonly string[];
  /** Keeps a line that may be offered again. */
  keep(line: string): void;
  /** Begins a conversation over a new connection. */
  begin(): Conversation;
  /** Whether bullets stand for a password, now. */
  masksPasswords(): boolean;
  /** An answer of the server is awaited, or no longer. */
  awaits(isAwaiting: boolean): void;
}

type PageState =
  | { is: 'asked'; for: PromptKind; prompt: string }
  /** It is the other side's turn. */
  | { is: 'waiting' }
  /** There is no conversation, and why the last one ended. */
  | { is: 'away'; since: Ending };

/** A question for a password may follow them: what was typed ahead of it could be one. */
const ASKING_FOR_PASSWORDS: ReadonlySet<string> = new Set(['MSGSTORE', 'SHUTDOWN']);

const PASSWORD_DROPPED = 'The password was not sent; press Enter to continue: ';

/** What ends a line, or gives it up. */
const END_OF_LINE = /[\r\n\x03]/;

export class PageConversation implements ConnectionEvents {
  readonly #deps: Dependencies;
  #conversation: Conversation | undefined;
  #state: PageState = { is: 'waiting' };
  /** What the person was being asked when the conversation went on without the answer. */
  #interrupted: PromptKind | undefined;
  /** What was said last. */
  #said = '';
  /**
   * The connection came back after a loss, and nobody has said anything yet: should it go before it
   * has lasted, that is no news.
   */
  #isRetry = false;
  /**
   * The question for a message that was being typed when the connection was lost, until it is asked
   * again.
   */
  #unfinished: string | undefined;
  /**
   * A password was being typed when its question was void, or is about to be, behind a SHUTDOWN that
   * was said to nobody: what is typed, up to its Enter, is of it.
   */
  #isDropping = false;
  /** A line that another was said in place of, for the next question it can answer. */
  #stashedLine = '';
  #lastPrompt = '';

  constructor(around: Dependencies) {
    this.#deps = around;
  }

  /** Whether nothing is on the line. */
  get isLineEmpty(): boolean {
    const { line, search } = this.#deps.editor;
    return line.text === '' && search === undefined;
  }

  /** What is asked. */
  get asked(): PromptKind | undefined {
    return this.#state.is === 'asked' ? this.#state.for : undefined;
  }

  opened(): void {
    this.#isRetry = this.#state.is === 'away' && this.#state.since === 'lost';
    this.#conversation = this.#deps.begin();
    this.#state = { is: 'waiting' };
    this.#said = '';
    this.#perform(this.#conversation.start());
    this.#goOn();
  }

  received(text: string): void {
    this.#isRetry = false;
    this.#deps.awaits(false);
    this.#perform(this.#conversation?.received(text) ?? []);
  }

  closed(reason: string, hasLasted: boolean): void {
    this.#deps.awaits(false);
    if (this.#isRetry && !hasLasted) {
      this.#interrupted = this.asked;
      this.#depart('lost');
      this.draw();
    } else {
      this.#perform(this.#conversation?.closed(reason) ?? []);
    }
    this.#conversation = undefined;
  }

  stateChanged(state: ConnectionState): void {
    // The very first try has failed: of later ones only the status tells.
    const isFirst = this.#conversation === undefined && this.#state.is === 'waiting';
    if (!isFirst || state.is === 'connecting' || state.is === 'connected') return;
    this.#print(`[${state.reason}]`, 'note');
    this.#leave('lost');
    this.draw();
  }

  /** Takes keys and pastes, as xterm.js gives them. */
  type(data: string): void {
    if (this.#isDropping) {
      this.#isDropping = !END_OF_LINE.test(data);
      this.draw();
      return;
    }
    for (const request of this.#deps.editor.type(data)) this.#handleRequest(request);
    if (this.#state.is === 'away') this.#connectAtEnter();
    else this.#answer();
    this.draw();
  }

  /** Puts a text in place of the line. */
  replace(text: string): void {
    if (!this.#isDropping) this.#deps.editor.replace(text);
    this.draw();
  }

  /** Says a command where one is asked for. What is half typed stands at the next question. */
  command(command: string): void {
    const { editor } = this.#deps;
    if (this.asked !== 'command') return;
    this.#isDropping = false;
    this.#stashedLine = editor.line.text;
    editor.replace(command);
    this.type('\r');
  }

  /** Shows the line being typed, wherever it shows. */
  draw(): void {
    const { field, editor } = this.#deps;
    field.show(this.#isDropping ? '' : editor.line.text);
    switch (this.#state.is) {
      case 'asked': {
        const { prompt, for: asked } = this.#state;
        this.#show(prompt, prompt, asked);
        break;
      }
      case 'waiting': {
        const isMasked = ASKING_FOR_PASSWORDS.has(this.#said) && this.#deps.masksPasswords();
        field.ask({ for: undefined, isMasked });
        break;
      }
      case 'away': {
        const prompt = this.#unfinished ?? '';
        this.#show(prompt, prompt || 'Not connected:', undefined);
        break;
      }
    }
  }

  #show(prompt: string, label: string, asked: PromptKind | undefined): void {
    const { screen, field } = this.#deps;
    if (this.#isDropping) {
      field.ask({ prompt: PASSWORD_DROPPED, for: asked, isMasked: true });
      screen.show({ prompt: PASSWORD_DROPPED, text: '', cursor: 0 });
      return;
    }
    field.ask({ prompt: label, for: asked, isMasked: this.#isMasked(asked) });
    screen.show(this.#shown(prompt, asked));
  }

  /** Answers what is asked with the lines that were ended, for as long as there are both. */
  #answer(): void {
    while (this.#state.is === 'asked') {
      const line = this.#deps.editor.takeLine();
      if (line === undefined) return;
      this.#answerWith(line, this.#state);
    }
  }

  #answerWith(line: string, { prompt, for: asked }: PageState & { is: 'asked' }): void {
    this.#state = { is: 'waiting' };
    this.#isRetry = false;
    if (!isSecret(asked)) this.#unfinished = undefined;
    this.#said = isSecret(asked) ? '' : line.trim();
    this.#deps.screen.end({ prompt, text: this.#visible(line, asked), cursor: 0 });
    // A blank before it keeps a line out of the history, as in a shell.
    if (!isSecret(asked) && !line.startsWith(' ')) this.#deps.keep(line);
    for (const effect of this.#conversation?.typed(line) ?? []) this.#performOne(effect);
    if (asked !== 'line' && this.#state.is === 'waiting') this.#deps.awaits(true);
  }

  #perform(effects: Effect[]): void {
    for (const effect of effects) this.#performOne(effect);
    this.#answer();
    this.draw();
  }

  #performOne(effect: Effect): void {
    switch (effect.do) {
      case 'print':
        this.#print(effect.line, effect.speaker);
        break;
      case 'ask':
        this.#ask(effect.for, effect.prompt);
        break;
      case 'stopAsking':
        this.#interrupted = this.asked;
        this.#state = { is: 'waiting' };
        this.#deps.screen.hide();
        break;
      case 'send':
        this.#deps.socket.send(effect.text);
        break;
      case 'end':
        this.#leave(effect.ending);
        break;
      default:
        effect satisfies never;
    }
  }

  #print(line: string, speaker: Speaker): void {
    const { screen, spoken } = this.#deps;
    screen.print(line, speaker);
    // The person knows what they said themselves.
    if (speaker === 'message') spoken.tell(line);
    else if (speaker !== 'client') spoken.say(line);
  }

  #ask(asked: PromptKind, prompt: string): void {
    const { editor, spoken } = this.#deps;
    // A password half typed is no answer to another question.
    const wasSecret = this.#interrupted !== undefined && isSecret(this.#interrupted);
    if (wasSecret && !isSecret(asked) && editor.line.text !== '') this.#dropPassword();
    this.#state = { is: 'asked', for: asked, prompt };
    this.#interrupted = undefined;
    if (prompt !== this.#lastPrompt) spoken.say(prompt);
    this.#lastPrompt = prompt;
    editor.startPrompt({
      completions: asked === 'command' ? this.#deps.commands : [],
      isSecret: isSecret(asked),
    });
    if (isSecret(asked) || this.#stashedLine === '') return;
    editor.replace(`${this.#stashedLine}${editor.line.text}`);
    this.#stashedLine = '';
  }

  /** Leads from the first question to the one that a message half typed was to answer. */
  #goOn(): void {
    const { editor } = this.#deps;
    const unfinished = this.#unfinished;
    if (unfinished === undefined || this.#state.is !== 'asked') return;
    this.#unfinished = undefined;
    // The person may have given it up meanwhile.
    if (editor.line.text === '') return;
    // It may be a password that is asked for before it.
    this.#stashedLine = editor.line.text;
    editor.replace('');
    this.#answerWith('MSGSTORE', this.#state);
    this.#unfinished = unfinished;
    this.draw();
  }

  /** What is typed of it goes nowhere, up to its Enter. */
  #dropPassword(): void {
    const { editor, spoken } = this.#deps;
    editor.replace('');
    this.#isDropping = true;
    spoken.say(PASSWORD_DROPPED);
  }

  /** The conversation is over. */
  #leave(ending: Ending): void {
    this.#depart(ending);
    const { socket } = this.#deps;
    if (ending !== 'lost') socket.stopRetrying();
    this.#print(`[${nextStepHint(ending, socket.state.is !== 'ended')}]`, 'note');
  }

  /**
   * Ends it. What was typed ahead could be a password where a command is asked for: it is dropped.
   */
  #depart(ending: Ending): void {
    const { editor } = this.#deps;
    const asked = this.#interrupted;
    const isPassword = asked === undefined ? this.#said === 'SHUTDOWN' : isSecret(asked);
    const isAhead = editor.discardTypeAhead() && asked === undefined;
    if (isAhead) editor.replace('');
    if (isPassword) this.#dropPassword();
    if (this.#stashedLine !== '') editor.replace(`${this.#stashedLine}${editor.line.text}`);
    this.#stashedLine = '';
    if (asked === 'message') this.#unfinished = this.#lastPrompt;
    else if (asked !== undefined && !isSecret(asked)) this.#unfinished = undefined;
    this.#interrupted = undefined;
    this.#state = { is: 'away', since: ending };
    editor.startPrompt({ completions: this.#deps.commands, isSecret: false });
  }

  #handleRequest(request: EditorRequest): void {
    switch (request.request) {
      case 'interrupt':
        this.#interrupt(request.text);
        break;
      case 'endSession':
        this.command('QUIT');
        if (this.asked === 'line') this.#hangUp();
        break;
      case 'clearScreen':
        this.#deps.screen.scrollAway();
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
    this.#isRetry = false;
    this.#deps.socket.close();
  }

  /** What was typed stays to be seen, and is said to nobody. */
  #interrupt(text: string): void {
    if (this.#state.is !== 'asked') return;
    const { prompt, for: asked } = this.#state;
    const given = `${this.#visible(text, asked)}^C`;
    this.#deps.screen.end({ prompt, text: given, cursor: 0 });
  }

  /** Enter tries to connect, and leaves the line to be said once that is done. */
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
    if (isPaste || this.#unfinished !== undefined || !isShutdown) return;
    // Whoever types without looking types the password next.
    this.#deps.keep(line);
    this.#dropPassword();
  }

  #shown(prompt: string, asked: PromptKind | undefined): PromptLine {
    const { line, search } = this.#deps.editor;
    if (search !== undefined) {
      const failed = search.isFound ? '' : 'failed ';
      return { prompt: `(${failed}reverse-i-search)'${search.query}': `, ...line };
    }
    const { text, cursor } = line;
    const before = this.#visible(text.slice(0, cursor), asked);
    return { prompt, text: this.#visible(text, asked), cursor: before.length };
  }

  #visible(text: string, asked: PromptKind | undefined): string {
    return this.#isMasked(asked) ? maskSecret(text) : text;
  }

  #isMasked(asked: PromptKind | undefined): boolean {
    return asked !== undefined && isSecret(asked) && this.#deps.masksPasswords();
  }
}
