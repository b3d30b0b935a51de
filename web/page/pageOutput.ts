// Performs the effects of the page's conversation on the screen, the line editor and the socket
// (pageMachine.pure.ts), and shows the prompt of each state.

import { isSecret, type Speaker, takesCommand } from '../../client/dialogue/conversation.ts';
import type { ReconnectingSocket } from '../connection/reconnectingSocket.ts';
import type { LineEditor } from '../editor/lineEditor.ts';
import type { Announcer } from './announcer.ts';
import type { PageEffect, PageState, Prompt } from './pageState.pure.ts';
import { PromptDisplay, type PromptDisplayDependencies } from './promptDisplay.ts';
import type { Screen } from './screen.ts';
import type { StartHint } from './startHint.ts';
import { mayTypePassword } from './typedPassword.pure.ts';

export interface PageOutputDependencies extends PromptDisplayDependencies {
  socket: Pick<ReconnectingSocket, 'connect' | 'stopRetrying' | 'close' | 'state'>;
  screen: PromptDisplayDependencies['screen'] & Pick<Screen, 'print' | 'hideLine'>;
  announcer: Pick<Announcer, 'announce' | 'announceMessage'>;
  editor: LineEditor;
  startHint: Pick<StartHint, 'text' | 'show' | 'remove'>;
  /** The commands of the target, for Tab. */
  commands: readonly string[];
  /** Adds a line to the history. */
  remember(line: string): void;
}

type PrintedLine = Omit<PageEffect & { do: 'print' }, 'do'>;

/** The others concern the conversation with the server: pageConversation.ts performs them. */
type OutputEffect = Exclude<PageEffect, { do: 'answer' | 'endConversation' | 'printNextStep' }>;

export class PageOutput {
  readonly #deps: PageOutputDependencies;
  readonly #display: PromptDisplay;
  #announcedPrompt = '';

  constructor(deps: PageOutputDependencies) {
    this.#deps = deps;
    this.#display = new PromptDisplay(deps);
  }

  /** Shows the prompt of a state, and the line being typed. */
  draw({ phase, input }: PageState): void {
    const display = this.#display;
    const isDiscarding = input === 'discarding';
    switch (phase.is) {
      case 'prompting':
        if (isDiscarding) display.showDiscarding(phase.prompt.kind);
        else display.show(phase.prompt.text, phase.prompt.kind);
        break;
      case 'disconnected': {
        const prompt = phase.messagePrompt?.text ?? '';
        if (isDiscarding) display.showDiscarding(undefined);
        else display.show(prompt, undefined, prompt || 'Not connected:');
        break;
      }
      default: {
        const typed = isDiscarding ? '' : this.#deps.editor.line.text;
        display.showTypeAhead(typed, mayTypePassword(phase));
      }
    }
  }

  perform(effect: OutputEffect): void {
    const { screen, socket, editor, announcer, commands } = this.#deps;
    switch (effect.do) {
      case 'print':
        this.#print(effect);
        break;
      case 'announce':
        announcer.announce(effect.text);
        break;
      case 'startPrompt':
        this.#startPrompt(effect.prompt);
        break;
      case 'startLine':
        editor.startPrompt({ completions: commands, isSecret: false });
        break;
      case 'hideLine':
        screen.hideLine();
        break;
      case 'completeLine':
        this.#display.complete(effect.prompt.text, effect.line, effect.prompt.kind, effect.suffix);
        break;
      case 'setLine':
        editor.replace(effect.line);
        break;
      case 'discardTypeAhead':
        editor.discardTypeAhead();
        break;
      case 'remember':
        if (this.#deps.conceal(effect.line) === effect.line) this.#deps.remember(effect.line);
        break;
      case 'connect':
        socket.connect();
        break;
      case 'stopRetrying':
        socket.stopRetrying();
        break;
      case 'close':
        socket.close();
        break;
      default:
        effect satisfies never;
    }
  }

  /** Prints a line, and announces it. */
  print(line: string, speaker: Speaker): void {
    this.#print({ line, speaker });
  }

  /** Announces the line without its colors, unless it is the user's own. */
  #print({ line, speaker, colored = line, reply }: PrintedLine): void {
    const { screen, announcer, startHint } = this.#deps;
    startHint.remove();
    screen.print(colored, speaker, reply);
    if (speaker === 'message') announcer.announceMessage(line);
    else if (speaker !== 'client') announcer.announce(line);
  }

  #startPrompt({ kind, text }: Prompt): void {
    const { editor, announcer, commands, startHint } = this.#deps;
    if (editor.line.text === '') startHint.show();
    const spoken = kind === 'hidden' ? `${text} (not shown)` : text;
    if (spoken !== this.#announcedPrompt) announcer.announce(spoken);
    this.#announcedPrompt = spoken;
    editor.startPrompt({
      completions: takesCommand(kind) ? commands : [],
      isSecret: isSecret(kind),
    });
  }
}
