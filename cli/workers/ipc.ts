// Calls methods of another process over the IPC channel between a process and its child
// (child_process, 'message'). Each end offers methods that the other end calls.
//
// Messages arrive in the order in which they are sent, each in a turn of the event loop of its own.
// Node emits all messages of one read in the same turn: a method would then run before the promises
// that an earlier answer resolves. The first message of a turn is not delayed, so it precedes a
// connection that node:cluster passes on after it, over the same channel.

import { errorMessage } from '../../access/errorMessage.ts';

/** The methods of one end. Arguments and results are passed as JSON. */
export type Methods = Record<string, (...args: never[]) => unknown>;

/** One end of a channel: a `ChildProcess`, or `process` in the child. */
export interface Channel {
  send?(message: object, callback: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

interface Call {
  method: string;
  args: never[];
  /** `undefined` for a notification, which has no reply. */
  id?: number;
}

type IpcMessage = Call | { replyTo: number; value?: unknown } | { replyTo: number; error: string };

interface PendingCall {
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

export class IpcPeer<RemoteMethods extends Methods> {
  readonly #channel: Channel;
  readonly #methods: Methods;
  readonly #pending = new Map<number, PendingCall>();
  /** The messages to be processed, each in a turn of its own. */
  readonly #received: IpcMessage[] = [];
  /** Whether a message was processed in this turn. */
  #isTurnTaken = false;
  #lastId = 0;
  #isClosed = false;

  /** @param methods The methods that the other end may call. */
  constructor(channel: Channel, methods: Methods) {
    this.#channel = channel;
    this.#methods = methods;
    channel.on('message', (message) => {
      this.#received.push(message as IpcMessage);
      if (!this.#isTurnTaken) this.#takeTurn();
    });
  }

  /**
   * Calls a method of the other end.
   *
   * @returns Its result.
   * @throws Error if the method throws, or the other process ends.
   */
  call<Name extends keyof RemoteMethods & string>(
    method: Name,
    ...args: Parameters<RemoteMethods[Name]>
  ): Promise<Awaited<ReturnType<RemoteMethods[Name]>>> {
    return new Promise((resolve, reject) => {
      const id = ++this.#lastId;
      // Both ends are built from the same source, so the type is right.
      const resolveTyped = (value: unknown) =>
        resolve(value as Awaited<ReturnType<RemoteMethods[Name]>>);
      this.#pending.set(id, { resolve: resolveTyped, reject });
      this.#send({ method, args, id }, (error) => this.#fail(id, error));
    });
  }

  /**
   * Calls a method without waiting for a result. Errors are ignored: the other process has ended.
   */
  notify<Name extends keyof RemoteMethods & string>(
    method: Name,
    ...args: Parameters<RemoteMethods[Name]>
  ): void {
    this.#send({ method, args }, () => {});
  }

  /** The other process has ended: every pending and future call fails. */
  close(): void {
    while (this.#received.length > 0) this.#processNext();
    this.#isClosed = true;
    for (const id of this.#pending.keys()) this.#fail(id, new Error('the process has ended'));
  }

  #send(message: IpcMessage, onError: (error: Error) => void): void {
    if (this.#isClosed) {
      onError(new Error('the process has ended'));
      return;
    }
    this.#channel.send?.(message, (error) => error && onError(error));
  }

  #fail(id: number, error: Error): void {
    this.#pending.get(id)?.reject(error);
    this.#pending.delete(id);
  }

  #takeTurn(): void {
    this.#isTurnTaken = this.#received.length > 0;
    if (!this.#isTurnTaken) return;
    this.#processNext();
    setImmediate(() => this.#takeTurn());
  }

  #processNext(): void {
    const message = this.#received.shift();
    if (message === undefined) return;
    if ('method' in message) {
      void this.#run(message);
      return;
    }
    // Reports (lifecycle.ts) use the same channel.
    if (!('replyTo' in message)) return;
    if ('error' in message) {
      this.#fail(message.replyTo, new Error(message.error));
      return;
    }
    this.#pending.get(message.replyTo)?.resolve(message.value);
    this.#pending.delete(message.replyTo);
  }

  async #run({ method, args, id }: Call): Promise<void> {
    try {
      const result = this.#methods[method]?.(...args);
      // The reply of a method without a promise is sent before anything that happens later.
      const value = result instanceof Promise ? await result : result;
      if (id !== undefined) this.#send({ replyTo: id, value }, () => {});
    } catch (error) {
      // No result is awaited: this is a bug in this process.
      if (id === undefined) throw error;
      this.#send({ replyTo: id, error: errorMessage(error) }, () => {});
    }
  }
}
