// The part of a dialog that changes the messages: it asks for the store password if the server
// requires one, and shows in words what the server replied.
//
//   state      event                                        next state
//   idle       check()                                      checking
//   checking   accepted, passwordRequired, failed,          idle
//              closed()
//   idle,      send()                                       sending
//   checking
//   sending    done, rejected, passwordRequired, failed     idle

import { WriteExchange, type WriteResult } from '../../client/replies/writeExchange.ts';
import type { WriteCommand } from '../../protocol/commands.ts';
import { REPLY } from '../../protocol/replies.ts';
import { ServerExchange } from '../connection/serverExchange.ts';
import { element } from '../ui/element.ts';
import type { Toast } from '../ui/toast.ts';
import { asSentence, replyWords } from './replyWords.pure.ts';

type Purpose = { is: 'checking' } | { is: 'sending'; request: string; done: () => void };

type State = { is: 'idle' } | (Purpose & { exchange: ServerExchange });

export class WriteControls {
  /** The password and the status, for the dialog's form. */
  readonly elements: readonly HTMLElement[];
  readonly #url: URL;
  readonly #command: WriteCommand;
  readonly #toast: Toast;
  readonly #password = element('input', { type: 'password', autocomplete: 'off' });
  readonly #passwordLabel = element(
    'label',
    { className: 'text', hidden: true },
    'Store password',
    this.#password,
  );
  readonly #status = element('p', { className: 'note' });
  #state: State = { is: 'idle' };

  /**
   * @param url The WebSocket URL of the message server at the bridge.
   * @param toast Shows what went wrong after the dialog was closed.
   */
  constructor(url: URL, command: WriteCommand, toast: Toast) {
    this.#url = url;
    this.#command = command;
    this.#toast = toast;
    this.#status.setAttribute('role', 'status');
    this.elements = [this.#passwordLabel, this.#status];
  }

  /** Whether the reply to a change is awaited. */
  get isSending(): boolean {
    return this.#state.is === 'sending';
  }

  /** Call it when the dialog is closed. The next user has to know the password. */
  closed(): void {
    if (this.#state.is === 'sending') return;
    if (this.#state.is === 'checking') this.#state.exchange.close();
    this.#state = { is: 'idle' };
    this.#password.value = '';
  }

  /** Finds out whether the server knows the command, and requires a password. */
  check(): void {
    if (this.#state.is === 'sending') return;
    this.#showStatus('');
    this.#start({ is: 'checking' });
  }

  /** @param done Called once the server has made the change that the request asks for. */
  send(request: string, done: () => void): void {
    if (this.#state.is === 'sending') return;
    this.#showStatus('Sending…');
    this.#start({ is: 'sending', request, done });
  }

  #start(purpose: Purpose): void {
    if (this.#state.is !== 'idle') this.#state.exchange.close();
    const write = new WriteExchange({
      command: this.#command,
      ...(purpose.is === 'sending' && {
        request: purpose.request,
        password: this.#password.value,
      }),
    });
    const exchange = new ServerExchange(this.#url, write.start, {
      received: (text) => {
        const result = write.receive(text);
        if (result.is === 'incomplete') {
          exchange.send(result.send);
          return;
        }
        exchange.close();
        this.#state = { is: 'idle' };
        this.#handle(result, purpose);
      },
      failed: (reason) => {
        this.#state = { is: 'idle' };
        this.showFault(failureWords(reason, purpose, write.isRequestSent));
      },
    });
    this.#state = { ...purpose, exchange };
  }

  #handle(result: Exclude<WriteResult, { is: 'incomplete' }>, purpose: Purpose): void {
    switch (result.is) {
      case 'accepted':
        this.#passwordLabel.hidden = true;
        break;
      case 'passwordRequired':
        this.#passwordLabel.hidden = false;
        if (purpose.is === 'checking') break;
        this.showFault('The server requires the store password.');
        this.#password.focus();
        break;
      case 'done':
        this.#password.value = '';
        this.#showStatus('');
        if (purpose.is === 'sending') purpose.done();
        break;
      case 'rejected':
        this.showFault(replyWords(result.reply));
        if (result.reply === REPLY.wrongPassword) this.#selectPassword();
        break;
      default:
        result satisfies never;
    }
  }

  /** The next key replaces the wrong password. */
  #selectPassword(): void {
    this.#password.focus();
    this.#password.select();
  }

  #showStatus(text: string): void {
    this.#status.className = 'note';
    this.#status.textContent = text;
  }

  /** Shows what is wrong; as a toast, if the dialog is closed. */
  showFault(text: string): void {
    this.#status.className = 'fault';
    this.#status.textContent = text;
    if (this.#status.closest('dialog')?.open) return;
    this.#password.value = '';
    this.#toast.show(text);
  }
}

function failureWords(reason: string, { is }: Purpose, isRequestSent: boolean): string {
  if (isRequestSent) {
    return `The server may have made the change: look into the history. ${asSentence(reason)}`;
  }
  return is === 'checking'
    ? `Not possible now: ${asSentence(reason)}`
    : `Nothing was changed: ${asSentence(reason)}`;
}
