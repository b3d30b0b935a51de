// Puts Telnet (telnet.pure.ts) between a relay and a target that is marked +telnet.
//
// What the target sends is decoded in the relay's own read buffer, before toBrowser.ts gets it. The
// answers go to the target directly.
//
// A browser that asked for it (`/ws/NAME?notices`) learns from text frames whether to show what is typed:
// all data is in binary frames. A frame precedes the data of the read that changed it. If it cannot
// be sent at once, it is sent later and with the state of then, so that at most one waits.

import type { WebSocket } from 'ws';
import { Telnet } from './telnet.pure.ts';
import type { ReadInto } from './toBrowser.ts';

export interface TelnetRelayContext {
  webSocket: WebSocket;
  /** Whether the browser asked for text frames. */
  wantsNotices: boolean;
  /** Writes to the target, past what waits for it. */
  answer: (bytes: Buffer) => void;
}

export class TelnetRelay {
  readonly #context: TelnetRelayContext;
  readonly #telnet = new Telnet();
  /** As the browser knows it. */
  #isInputHidden = false;
  #isFrameUnsent = false;

  constructor(context: TelnetRelayContext) {
    this.#context = context;
  }

  /** Reads the text among what a socket reads. */
  readText({ buffer, callback }: ReadInto): ReadInto {
    let next = buffer();
    return {
      buffer: () => {
        next = buffer();
        return next;
      },
      callback: (bytes) => {
        const textBytes = this.#telnet.decode(next.subarray(0, bytes));
        const answers = this.#telnet.takeAnswers();
        if (answers.length > 0) this.#context.answer(Buffer.from(answers.buffer));
        this.#reportEcho();
        return textBytes === 0 || callback(textBytes);
      },
    };
  }

  /** Encodes a message of the browser. */
  readonly encode = (message: Buffer): Buffer => {
    const { buffer, byteOffset, length } = this.#telnet.encode(message);
    return Buffer.from(buffer, byteOffset, length);
  };

  readonly #reportEcho = (): void => {
    const { webSocket, wantsNotices } = this.#context;
    const { hidesInput } = this.#telnet;
    if (!wantsNotices || this.#isFrameUnsent || hidesInput === this.#isInputHidden) return;
    if (webSocket.readyState !== webSocket.OPEN) return;
    this.#isInputHidden = hidesInput;
    this.#isFrameUnsent = true;
    webSocket.send(JSON.stringify({ localEcho: !hidesInput }), () => {
      this.#isFrameUnsent = false;
      this.#reportEcho();
    });
  };
}
