// The token that etcd issued for a login. It is requested once, and again after etcd rejected it.

import { EtcdRequestError } from './etcdErrors.ts';

/** How long a rejected login is cached: bcrypt is expensive for etcd. */
const LOGIN_FAILURE_TTL_MS = 30_000;

export class EtcdToken {
  readonly #logIn: () => Promise<string>;
  #token: Promise<string> | undefined;

  constructor(logIn: () => Promise<string>) {
    this.#logIn = logIn;
  }

  get(): Promise<string> {
    this.#token ??= this.#request();
    return this.#token;
  }

  /** The next `get` logs in again. */
  discard(): void {
    this.#token = undefined;
  }

  async #request(): Promise<string> {
    try {
      return await this.#logIn();
    } catch (error) {
      if (error instanceof EtcdRequestError && error.is('loginRejected')) {
        setTimeout(() => this.discard(), LOGIN_FAILURE_TTL_MS).unref();
      } else {
        this.discard();
      }
      throw error;
    }
  }
}
