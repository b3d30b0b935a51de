// The conversation between the user at the page and a server behind the bridge. It connects the
// parts: lines go from the line editor to the dialogue (client/dialogue/), text goes from the
// server to the dialogue, and the dialogue's output goes to the screen and to the server.
// pageMachine.pure.ts decides what becomes of the line being typed; pageOutput.ts performs that.

import {
  type Conversation,
  type Effect,
  type Ending,
  isSecretAnswer,
  type PromptKind,
} from '../../client/dialogue/conversation.ts';
import type { ConnectionEvents, ConnectionState } from '../connection/connectionState.pure.ts';
import type { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import type { EditorRequest } from '../editor/lineEditor.ts';
import { nextStepHint } from './nextStepHint.ts';
import { step } from './pageMachine.pure.ts';
import { PageOutput, type PageOutputDependencies } from './pageOutput.ts';
import { INITIAL_STATE, type KeptLine, type PageEffect, type PageEvent } from './pageState.pure.ts';
import type { Screen } from './screen.ts';

export interface PageConversationDependencies extends PageOutputDependencies {
  socket: PageOutputDependencies['socket'] & Pick<ReconnectingSocket, 'send'>;
  screen: PageOutputDependencies['screen'] & Pick<Screen, 'scrollOutOfView'>;
  /** Creates the conversation for a new connection. */
  createConversation(): Conversation;
  isMessageServer: boolean;
  /** The message in force; `undefined` if the page does not know it. */
  messageInForce(): string | undefined;
  /** Called when the page starts to wait for a reply, and when it stops. */
  setAwaitingReply(isAwaiting: boolean): void;
  /** How to go on after a SHUTDOWN. */
  shutDownHint(): Promise<string>;
}

export class PageConversation implements ConnectionEvents {
  readonly #deps: PageConversationDependencies;
  readonly #output: PageOutput;
  #conversation: Conversation | undefined;
  #state = INITIAL_STATE;

  constructor(deps: PageConversationDependencies) {
    this.#deps = deps;
    this.#output = new PageOutput(deps);
  }

  get isLineEmpty(): boolean {
    const { line, search } = this.#deps.editor;
    return line.text === '' && search === undefined;
  }

  get hasTextAfterCursor(): boolean {
    const { line, search } = this.#deps.editor;
    return search !== undefined || line.cursor < line.text.length;
  }

  /** The kind of the current prompt; `undefined` if there is no prompt. */
  get promptKind(): PromptKind | undefined {
    const { phase } = this.#state;
    return phase.is === 'prompting' ? phase.prompt.kind : undefined;
  }

  /** How the last conversation ended; `undefined` if there is none, or it goes on. */
  get ending(): Ending | undefined {
    const { phase } = this.#state;
    if (phase.is !== 'disconnected') return undefined;
    return phase.ending === 'loggedOut' || phase.ending === 'restarting' ? 'lost' : phase.ending;
  }

  /**
   * What a page that is loaded again restores. Like the history, it leaves out a line that begins
   * with a space or holds a secret, and it never holds a password.
   */
  get keptLine(): KeptLine | undefined {
    const { phase, input } = this.#state;
    if (phase.is !== 'disconnected' || input === 'discarding') return undefined;
    const { editor, conceal, isMessageServer } = this.#deps;
    const line = editor.line.text;
    const { messagePrompt } = phase;
    const isCommand = isMessageServer && messagePrompt === undefined;
    const isSecret = conceal(line) !== line || (isCommand && isSecretAnswer('command', line));
    return isSecret || /^( |$)/.test(line) ? undefined : { line, messagePrompt };
  }

  /** Call it before the connection opens. */
  restore(kept: KeptLine): void {
    this.#dispatch({ is: 'restore', kept });
    this.draw();
  }

  opened(): void {
    this.#conversation = this.#deps.createConversation();
    this.#dispatch({ is: 'opened' });
    this.perform(this.#conversation.start());
  }

  received(text: string): void {
    this.#deps.setAwaitingReply(false);
    this.#dispatch({ is: 'received' });
    this.perform(this.#conversation?.received(text) ?? []);
  }

  notified(text: string): void {
    this.perform(this.#conversation?.notified?.(text) ?? []);
  }

  closed(reason: string, wasStable: boolean): void {
    this.#deps.setAwaitingReply(false);
    this.#dispatch({ is: 'closed', reason, wasStable });
    this.#conversation = undefined;
    this.draw();
  }

  stateChanged(state: ConnectionState): void {
    switch (state.is) {
      case 'connected':
        // The connection may have outlasted a report that there is no network.
        if (this.#state.phase.is === 'waiting') this.#deps.setAwaitingReply(true);
        return;
      case 'connecting':
      case 'loggedOut':
        this.#dispatch(state);
        break;
      default:
        this.#dispatch({
          is: 'unreachable',
          reason: state.reason,
          isFinal: state.is === 'ended',
        });
    }
    this.draw();
  }

  /** Handles keys and pastes, from xterm's `onData`. */
  type(data: string): void {
    this.#deps.startHint.remove();
    if (this.#state.input === 'discarding') {
      this.#dispatch({ is: 'keys', data });
    } else {
      for (const request of this.#deps.editor.type(data)) this.#handleRequest(request);
      this.#takeLines();
    }
    this.draw();
  }

  /** Replaces the line being typed. */
  replace(text: string): void {
    this.#deps.startHint.remove();
    if (this.#state.input === 'editing') this.#deps.editor.replace(text);
    this.draw();
  }

  /**
   * Sends a command, if the prompt asks for one. The line being typed is restored at the next
   * prompt.
   */
  command(command: string): void {
    this.#deps.startHint.remove();
    this.#dispatch({ is: 'command', command });
    this.draw();
  }

  /** Shows the prompt and the line being typed, in their current state. */
  draw(): void {
    this.#output.draw(this.#state);
  }

  /** Performs the effects of the dialogue, and answers its prompts with completed lines. */
  perform(effects: readonly Effect[]): void {
    this.#relay(effects);
    this.#takeLines();
    this.draw();
  }

  #relay(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'print':
          this.#output.perform(effect);
          break;
        case 'send':
          this.#deps.socket.send(effect.text);
          break;
        case 'ask':
          this.#dispatch({
            is: 'ask',
            prompt: { kind: effect.for, text: effect.prompt },
            message: this.#deps.messageInForce(),
          });
          break;
        case 'stopAsking':
          this.#dispatch({ is: 'stopAsking' });
          break;
        case 'end':
          this.#dispatch({ is: 'end', ending: effect.ending });
          break;
        default:
          effect satisfies never;
      }
    }
  }

  /** Passes on completed lines, as long as there is a prompt for them, or one to connect. */
  #takeLines(): void {
    const { editor } = this.#deps;
    while (this.#state.phase.is === 'prompting' || this.#state.phase.is === 'disconnected') {
      const line = editor.takeLine();
      if (line === undefined) return;
      this.#dispatch({ is: 'line', line, message: this.#deps.messageInForce() });
    }
  }

  #dispatch(event: PageEvent): void {
    const { editor, isMessageServer } = this.#deps;
    const { state, effects } = step(this.#state, event, {
      line: editor.line.text,
      hasTypeAhead: editor.hasTypeAhead,
      isMessageServer,
    });
    this.#state = state;
    for (const effect of effects) this.#perform(effect);
  }

  #perform(effect: PageEffect): void {
    switch (effect.do) {
      case 'answer':
        this.#relay(this.#conversation?.typed(effect.line) ?? []);
        if (this.#state.phase.is === 'waiting') this.#deps.setAwaitingReply(true);
        break;
      case 'endConversation':
        this.#relay(this.#conversation?.closed(effect.reason) ?? []);
        break;
      case 'printNextStep':
        void this.#printNextStep(effect.ending);
        break;
      default:
        this.#output.perform(effect);
    }
  }

  async #printNextStep(ending: Ending): Promise<void> {
    const { socket, shutDownHint } = this.#deps;
    const hint = ending === 'shutDown' ? await shutDownHint() : nextStepHint(ending, socket.state);
    // The user may have gone on meanwhile.
    if (this.ending === ending) this.#output.print(`[${hint}]`, 'note');
  }

  #handleRequest(request: EditorRequest): void {
    switch (request.request) {
      case 'interrupt':
        this.#dispatch({ is: 'interrupt', discarded: request.text });
        break;
      case 'endSession':
        // It must not overtake lines that were completed before it.
        this.#takeLines();
        this.#dispatch({ is: 'endSession' });
        break;
      case 'clearScreen':
        this.#deps.screen.scrollOutOfView();
        break;
      case 'showCompletions':
        this.#output.print(request.words.join('  '), 'note');
        break;
      case 'reportTooLong':
        this.#output.print('[the line would be too long; nothing was inserted]', 'note');
        break;
      default:
        request satisfies never;
    }
  }
}
