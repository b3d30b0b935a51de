// Sends lines to a server and awaits its lines, one at a time.

import { LineReader, TOO_LONG } from '../../protocol/lines.ts';
import { escapeControls } from '../../protocol/plainText.ts';
import { decodeForDisplay } from '../../protocol/utf8.ts';
import { AbortedError } from '../abortedError.ts';
import type { ServerConnection } from '../connect.ts';
import { ClosedError, LineTooLongError } from './replyErrors.ts';

/** The longest line, a message and its time in MSGHIST, is shorter. */
const MAX_REPLY_LINE_BYTES = 64 * 1024;

/** A reader in client/replies/. */
export interface ReplyReader<Event> {
  receiveLine(line: string): Event | undefined;
}

export class LineClient {
  readonly #socket: ServerConnection;
  readonly #lines: AsyncGenerator<string, void>;
  #hasSentLine = false;

  constructor(socket: ServerConnection) {
    this.#socket = socket;
    this.#lines = linesFrom(socket);
  }

  send(line: string): void {
    this.#socket.write(`${line}\n`);
  }

  /**
   * @returns The next line, safe to display.
   * @throws ClosedError if the server closed the connection; LineTooLongError.
   */
  async readLine(): Promise<string> {
    const { value } = await this.#lines.next().catch((error: unknown) => {
      throw this.#hasSentLine ? error : withoutLineEnd(error);
    });
    if (value === undefined) {
      const receivedBytes = this.#socket.bytesRead;
      throw new ClosedError({ hasSentLine: this.#hasSentLine, receivedBytes });
    }
    this.#hasSentLine = true;
    return value;
  }

  /** Passes lines to a reader until one of them is an event. Throws as `readLine` does. */
  async readEvent<Event>(reader: ReplyReader<Event>): Promise<Event> {
    for (;;) {
      const event = reader.receiveLine(await this.readLine());
      if (event !== undefined) return event;
    }
  }
}

/** Adds to an aborted connection that no line end has arrived. */
function withoutLineEnd(error: unknown): unknown {
  if (!(error instanceof AbortedError) || error.progress.is !== 'awaitingReply') return error;
  const { receivedBytes } = error.progress;
  if (receivedBytes === 0) return error;
  return new AbortedError({ is: 'awaitingLineEnd', receivedBytes }, { cause: error.cause });
}

/** Splits the bytes that a server sends into lines, and makes them safe to display. */
export class ReplyLines {
  readonly #lines = new LineReader(MAX_REPLY_LINE_BYTES);

  push(chunk: Buffer): void {
    this.#lines.push(chunk.toString('latin1'));
  }

  /**
   * @returns The next line; `undefined` if it has not ended yet.
   * @throws LineTooLongError.
   */
  next(): string | undefined {
    const line = this.#lines.next();
    if (line !== TOO_LONG) return line && escapeControls(decodeForDisplay(line));
    throw new LineTooLongError(MAX_REPLY_LINE_BYTES);
  }
}

async function* linesFrom(socket: ServerConnection): AsyncGenerator<string, void> {
  const lines = new ReplyLines();
  for await (const chunk of socket) {
    lines.push(chunk);
    for (let line = lines.next(); line !== undefined; line = lines.next()) yield line;
  }
}
