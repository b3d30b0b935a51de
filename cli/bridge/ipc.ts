// IpcPeer from one process to another over the channel that Node puts between a process and its child
// (child_process, 'message'): what one end offers as methods, the other calls.

/** What an end offers. Arguments and results go as JSON. */
export type Methods = Record<string, (...args: never[]) => unknown>;

/** The end of a channel: a `ChildProcess`, or our own `process`. */
export interface Channel {
  send?(message: object, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

interface Call {
  method: string;
  args: never[];
  /** Without it, nobody waits for the answer. */
  call?: number;
}

type Message = Call | { answerTo: number; value?: unknown } | { answerTo: number; error: string };

interface Caller {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class IpcPeer<Theirs extends Methods> {
  readonly #channel: Channel;
  readonly #ours: Methods;
  readonly #waiting = new Map<number, Caller>();
  #calls = 0;
  #isClosed = false;

  /** @param ours What the other end may call. */
  constructor(channel: Channel, ours: Methods) {
    this.#channel = channel;
    this.#ours = ours;
    channel.on('message', (message) => this.#channelOnMessage(message as Message));
  }

  /** @returns What the other end's method returns; rejects where it throws, or is gone. */
  call<Name extends keyof Theirs & string>(
    method: Name,
    ...args: Parameters<Theirs[Name]>
  ): Promise<Awaited<ReturnType<Theirs[Name]>>> {
    return new Promise((resolve, reject) => {
      const call = ++this.#calls;
      // Both ends are of one program, which has checked the types.
      const take = (value: unknown) => resolve(value as Awaited<ReturnType<Theirs[Name]>>);
      this.#waiting.set(call, { resolve: take, reject });
      this.#send({ method, args, call }, (error) => this.#fail(call, error));
    });
  }

  /** The same for who needs no answer; that it does not arrive says the end of the other end. */
  notify<Name extends keyof Theirs & string>(
    method: Name,
    ...args: Parameters<Theirs[Name]>
  ): void {
    this.#send({ method, args }, () => {});
  }

  /** The other end is gone: nobody answers any more. */
  close(): void {
    this.#isClosed = true;
    for (const call of this.#waiting.keys()) this.#fail(call, new Error('the process has ended'));
  }

  #send(message: Message, onError: (error: Error) => void): void {
    if (this.#isClosed) {
      onError(new Error('the process has ended'));
      return;
    }
    this.#channel.send?.(message, (error) => error && onError(error));
  }

  #fail(call: number, error: Error): void {
    this.#waiting.get(call)?.reject(error);
    this.#waiting.delete(call);
  }

  #channelOnMessage(message: Message): void {
    if ('method' in message) {
      void this.#answer(message);
      return;
    }
    // Reports (lifecycle.ts) go the same way.
    if (!('answerTo' in message)) return;
    if ('error' in message) {
      this.#fail(message.answerTo, new Error(message.error));
      return;
    }
    this.#waiting.get(message.answerTo)?.resolve(message.value);
    this.#waiting.delete(message.answerTo);
  }

  async #answer({ method, args, call }: Call): Promise<void> {
    try {
      const value = await this.#ours[method]?.(...args);
      if (call !== undefined) this.#send({ answerTo: call, value }, () => {});
    } catch (error) {
      if (call !== undefined) this.#send({ answerTo: call, error: String(error) }, () => {});
    }
  }
}
