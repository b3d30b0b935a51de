// A page without a browser, for tests: the real dialogue and line editor; the socket, the screen and
// the field are fakes that record their calls.

import type { Conversation } from '../../client/dialogue/conversation.ts';
import { Dialogue } from '../../client/dialogue/dialogue.ts';
import { COMMANDS } from '../../protocol/commands.ts';
import type { ConnectionState } from '../connection/connectionState.pure.ts';
import { LineEditor } from '../editor/lineEditor.ts';
import { LineHistory } from '../editor/lineHistory.ts';
import { PageConversation } from './pageConversation.ts';

export const COMMAND = 'Enter command (MSGGET, MSGSTORE, QUIT, SHUTDOWN): ';

export interface PageOptions {
  createConversation?: () => Conversation;
  masksPasswords?: boolean;
  conceal?: (line: string) => string;
}

/** The test controls its connection. */
export class FakePage {
  /** The lines above the one being typed. */
  printed: string[] = [];
  /** The line being typed, with `|` for the cursor. */
  line: string | undefined;
  announced: string[] = [];
  sent: string[] = [];
  field = '';
  isAwaiting = false;
  startHint: 'unused' | 'shown' | 'removed' = 'unused';
  /** The message in force, as the banner has it. */
  message: string | undefined;
  socket = { connects: 0, isRetryingStopped: false, isClosed: false };
  state: ConnectionState = { is: 'connecting' };
  readonly conversation: PageConversation;
  readonly history = new LineHistory();
  readonly #masksPasswords: boolean;

  constructor({ createConversation, masksPasswords = false, conceal }: PageOptions = {}) {
    this.#masksPasswords = masksPasswords;
    this.conversation = new PageConversation({
      socket: this.#makeSocket(),
      screen: {
        print: (line) => this.printed.push(line),
        showLine: ({ prompt, text, cursor }) => {
          this.line = `${prompt}${text.slice(0, cursor)}|${text.slice(cursor)}`;
        },
        hideLine: () => {
          this.line = undefined;
        },
        completeLine: ({ prompt, text }) => {
          this.line = undefined;
          this.printed.push(prompt + text);
        },
        scrollOutOfView: () => this.printed.push('~'),
      },
      field: {
        setPrompt: () => {},
        setText: (text) => {
          this.field = text;
        },
      },
      announcer: {
        announce: (line) => this.announced.push(line),
        announceMessage: (line) => this.announced.push(line),
      },
      startHint: {
        text: '',
        show: () => {
          if (this.startHint === 'unused') this.startHint = 'shown';
        },
        remove: () => {
          this.startHint = 'removed';
        },
      },
      editor: new LineEditor(this.history),
      commands: createConversation === undefined ? COMMANDS : [],
      isMessageServer: createConversation === undefined,
      conceal: conceal ?? ((line) => line),
      remember: (line) => this.history.add(line),
      shutDownHint: async () => 'how to go on',
      messageInForce: () => this.message,
      setAwaitingReply: (isAwaiting) => {
        this.isAwaiting = isAwaiting;
      },
      createConversation: createConversation ?? (() => new Dialogue({ masksPasswords })),
      masksPasswords: () => this.#masksPasswords,
    });
  }

  /** Opens a connection, and with it a conversation. */
  open(): this {
    this.#setState({ is: 'connected' });
    this.conversation.opened();
    return this;
  }

  /** Closes the connection; for good if the page has stopped to reconnect. */
  lose(reason = 'motd closed the connection (1000)', wasStable = true): this {
    if (this.socket.isRetryingStopped) this.#setState({ is: 'ended', reason });
    else this.#setState({ is: 'waiting', reason, nextAtMs: 0 });
    this.conversation.closed(reason, wasStable);
    return this;
  }

  /** Begins an attempt to connect. */
  connecting(): this {
    this.#setState({ is: 'connecting' });
    return this;
  }

  /** Fails an attempt to connect. */
  fail(reason = 'motd refused the connection: is it running? (1014)'): this {
    this.#setState({ is: 'waiting', reason, nextAtMs: 0 });
    return this;
  }

  type(...data: string[]): this {
    for (const piece of data) this.conversation.type(piece);
    return this;
  }

  receive(text: string): this {
    this.conversation.received(text);
    return this;
  }

  #setState(state: ConnectionState): void {
    this.state = state;
    this.conversation.stateChanged(state);
  }

  #makeSocket() {
    const page = this;
    return {
      connect: () => {
        page.socket.connects++;
      },
      send: (text: string) => {
        page.sent.push(text);
      },
      stopRetrying: () => {
        page.socket.isRetryingStopped = true;
        if (page.state.is === 'waiting') page.state = { is: 'ended', reason: page.state.reason };
      },
      close: () => {
        page.socket.isClosed = true;
        page.socket.isRetryingStopped = true;
        page.lose('this page closed the connection');
      },
      get state() {
        return page.state;
      },
    };
  }
}

/** A page at the prompt for a message. */
export function atMessagePrompt(): FakePage {
  return new FakePage().open().type('MSGSTORE\r').receive('200 OK\n');
}

/** A page at the prompt for a password. */
export function atPasswordPrompt(options?: PageOptions): FakePage {
  return new FakePage(options).open().type('SHUTDOWN\r').receive('300 PASSWORD REQUIRED\n');
}
