// A raw connection that stores messages and reads them back, one command at a time.

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { HANG_LIMIT_MS } from '../../testing/hangLimit.ts';
import { LineBuffer } from '../../testing/lineBuffer.ts';

interface PendingLine {
  resolve: (line: string) => void;
  reject: (reason: Error) => void;
}

export class StoringClient {
  readonly #socket: Socket;
  readonly #buffer = new LineBuffer();
  readonly #lines: string[] = [];
  #pendingLine: PendingLine | undefined;
  #hasEnded = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.setTimeout(HANG_LIMIT_MS, () => socket.destroy());
    socket.on('data', (text: string) => this.#socketOnData(text));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#hasEnded = true;
      this.#pendingLine?.reject(new Error('the connection ended before the answer'));
    });
  }

  static async connect(port: number): Promise<StoringClient> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const client = new StoringClient(socket);
    await once(socket, 'connect');
    return client;
  }

  /** The local port of the connection. */
  get port(): number {
    return this.#socket.localPort ?? 0;
  }

  /** Stores a message. @returns The reply to the message. */
  store(message: string): Promise<string> {
    return this.change('MSGSTORE', message);
  }

  /** Sends a command that changes something, and what it is to change. @returns The last reply. */
  async change(command: string, argument: string): Promise<string> {
    this.#socket.write(`${command}\n${argument}\n`);
    await this.#ok();
    return this.#line();
  }

  async message(): Promise<string> {
    this.#socket.write('MSGGET\n');
    await this.#ok();
    return this.#line();
  }

  /** The stored messages, oldest first, without their times. */
  async history(): Promise<string[]> {
    this.#socket.write('MSGHIST\n');
    await this.#ok();
    const messages: string[] = [];
    for (let line = await this.#line(); line !== '.'; line = await this.#line()) {
      const { message } = /^\S+Z (?<message>.+)$/u.exec(line)?.groups ?? {};
      if (message === undefined) throw new Error(`not a line of a history: ${line}`);
      messages.push(message);
    }
    return messages;
  }

  /** The message in force and the lines of MSGLIST, as of one moment. */
  async entries(): Promise<{ message: string; lines: string[] }> {
    this.#socket.write('MSGGET\nMSGLIST\n');
    await this.#ok();
    const message = await this.#line();
    await this.#ok();
    const lines: string[] = [];
    for (let line = await this.#line(); line !== '.'; line = await this.#line()) lines.push(line);
    return { message, lines };
  }

  close(): void {
    this.#socket.destroy();
  }

  async #ok(): Promise<void> {
    const line = await this.#line();
    if (line !== '200 OK') throw new Error(`answered with ${line}`);
  }

  #line(): Promise<string> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#hasEnded) return Promise.reject(new Error('the connection has ended'));
    return new Promise((resolve, reject) => {
      this.#pendingLine = { resolve, reject };
    });
  }

  #socketOnData(text: string): void {
    this.#lines.push(...this.#buffer.push(text));
    if (this.#pendingLine === undefined) return;
    const line = this.#lines.shift();
    if (line === undefined) return;
    const { resolve } = this.#pendingLine;
    this.#pendingLine = undefined;
    resolve(line);
  }
}
