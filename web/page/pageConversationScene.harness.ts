// A page and its server, for random events. The password consists of a character that nothing else
// contains, so the server sees where it was sent.

import { REPLY } from '../../protocol/replies.ts';
import { FakePage } from './pageConversation.harness.ts';

export const SECRET = '§';

/**
 * The server. It answers a line when the test calls `takeReply`. The first store password on a
 * connection is wrong, and so is every shutdown password.
 */
class Peer {
  /** Passwords that were sent although no password was asked for. */
  readonly leaks: string[] = [];
  readonly #isStoreGuarded: boolean;
  #awaits: 'command' | 'retry' | 'message' | 'shutdownPassword' | 'storePassword' = 'command';
  #hasStorePassword = false;
  #replies: string[] = [];

  constructor({ isStoreGuarded }: { isStoreGuarded: boolean }) {
    this.#isStoreGuarded = isStoreGuarded;
  }

  connect(): void {
    this.#awaits = 'command';
    this.#hasStorePassword = false;
    this.#replies = [];
  }

  /** @returns The next reply, if there is one. */
  takeReply(): string | undefined {
    return this.#replies.shift();
  }

  receive(line: string): void {
    const mayGetPassword = this.#awaits !== 'command' && this.#awaits !== 'message';
    if (line.includes(SECRET) && !mayGetPassword) this.leaks.push(`${this.#awaits}: ${line}`);
    this.#replies.push(`${this.#reply(line)}\n`);
  }

  #reply(line: string): string {
    const awaited = this.#awaits;
    this.#awaits = 'command';
    if (awaited === 'message') return REPLY.ok;
    if (awaited === 'storePassword' && this.#hasStorePassword) {
      this.#awaits = 'message';
      return REPLY.ok;
    }
    if (awaited === 'storePassword' || awaited === 'shutdownPassword') {
      this.#hasStorePassword ||= awaited === 'storePassword';
      this.#awaits = 'retry';
      return REPLY.wrongPassword;
    }
    switch (line) {
      case 'MSGGET':
        return `${REPLY.ok}\nthe message`;
      case 'SHUTDOWN':
        this.#awaits = 'shutdownPassword';
        return REPLY.passwordRequired;
      case 'MSGSTORE':
      case 'MSGPLAN':
        this.#awaits = this.#isStoreGuarded ? 'storePassword' : 'message';
        return this.#isStoreGuarded ? REPLY.passwordRequired : REPLY.ok;
      default:
        if (awaited === 'retry') this.#awaits = 'retry';
        return REPLY.unknownCommand;
    }
  }
}

/** A page, its connection, and the user, who looks at the screen before each line. */
export class Scene {
  readonly page: FakePage;
  readonly peer: Peer;
  /** What the user types next: the rest of a password, or of another line. */
  typing: 'nothing' | 'password' | 'text' = 'nothing';
  /** The text the user has typed since the last Enter. */
  draft = '';
  #seen = 0;

  constructor(options: { isStoreGuarded: boolean; masksPasswords: boolean }) {
    this.page = new FakePage(options);
    this.peer = new Peer(options);
  }

  get isOpen(): boolean {
    return this.page.state.is === 'connected';
  }

  /** Whether there is no line on the screen, so that Enter would type ahead. */
  get isWaiting(): boolean {
    return this.page.line === undefined;
  }

  get isPasswordPrompt(): boolean {
    const { promptKind } = this.page.conversation;
    return promptKind === 'password' || promptKind === 'storePassword';
  }

  open(): void {
    if (this.isOpen) return;
    this.peer.connect();
    this.page.open();
    this.#deliver();
  }

  lose(wasStable: boolean): void {
    if (!this.isOpen) return;
    this.page.lose('lost', wasStable);
    this.page.socket.isRetryingStopped = false;
    this.#deliver();
  }

  reply(): void {
    const reply = this.isOpen ? this.peer.takeReply() : undefined;
    if (reply === undefined) return;
    this.page.receive(reply);
    this.#deliver();
  }

  type(data: string): void {
    this.page.type(data);
    this.#deliver();
  }

  press(command: string): void {
    this.page.conversation.command(command);
    this.#deliver();
  }

  /** Passes to the server what the page has sent. */
  #deliver(): void {
    const sent = this.page.sent.slice(this.#seen);
    this.#seen = this.page.sent.length;
    for (const line of sent) this.peer.receive(line.trim());
  }
}
