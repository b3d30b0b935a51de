// The passwords of those who may use the page. A browser says one with every request: checking it
// costs a quarter of a second, so a right one is remembered,
// as a digest under a key that nobody has.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LoginTokens } from '../../access/loginTokens.ts';
import type { VerifyPassword } from '../../access/password.ts';
import { PasswordGuard, type Verdict } from '../../access/passwordGuard.ts';
import { plainAddress, sourceOf } from '../../access/source.ts';
import type { CheckPassword } from '../../bridge/http/basicAuth.ts';
import type { Logins } from '../../bridge/http/loginCookie.ts';
import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import { readUsersFile, type Users } from '../options/usersFile.ts';

export interface FileOfUsers {
  check: CheckPassword;
  logins: Logins;
  /** Reads it anew. */
  reload: () => void;
}

export class UserPasswords {
  /** For those whose password was right. */
  readonly logins = new LoginTokens();
  readonly #key = randomBytes(32);
  readonly #guard = new PasswordGuard<string>((user) => this.#verifierFor(user));
  #users: Users;
  #names: readonly string[];
  #remembered = new Map<string, Buffer>();

  constructor(users: Users) {
    this.#users = users;
    this.#names = [...users.keys()];
  }

  /**
   * Those of `--users-file`.
   *
   * @returns `undefined` where there is no such file: everybody may use the page then.
   * @throws CliError which names a line of it.
   */
  static fromFile(file: string | undefined): FileOfUsers | undefined {
    if (file === undefined) return undefined;
    const passwords = new UserPasswords(readUsersFile(file));
    return {
      check: (address, user, password) => passwords.check(address, user, password),
      logins: passwords.logins,
      reload: () => passwords.replace(readUsersFile(file)),
    };
  }

  /** From now on, these are the users. Who guessed wrong before has still done so. */
  replace(users: Users): void {
    this.#users = users;
    this.#names = [...users.keys()];
    this.#remembered = new Map();
    // A user may be gone, or have another password.
    this.logins.revokeAll();
  }

  /**
   * Checks a password, as the server checks its own (PROTOCOL.md, "Passwords").
   *
   * @param address Where it comes from.
   */
  async check(address: string, user: string, password: string): Promise<Verdict> {
    const bytes = Buffer.from(password, 'utf8').toString('latin1');
    // `hash-password` takes no longer one.
    if (bytes.length > MAX_LINE_BYTES) return 'wrong';
    const source = sourceOf(plainAddress(address));
    if (!this.#users.has(user)) {
      const verdict = await this.#guard.check(source, this.#standInFor(user), bytes);
      return verdict === 'refused' ? 'refused' : 'wrong';
    }
    // One that guesses waits for its turn: many at once would learn from this what is right.
    const isRightAgain =
      this.#guard.hasNoStrikes(source, user) && this.#isRight(this.#remembered.get(user), bytes);
    return isRightAgain ? 'right' : this.#guard.check(source, user, bytes);
  }

  #verifierFor(user: string): VerifyPassword | undefined {
    // Those of now: what is right for a user who is replaced meanwhile is not to be remembered.
    const remembered = this.#remembered;
    const verify = this.#users.get(user);
    if (verify === undefined) return undefined;
    return async (bytes) => {
      if (this.#isRight(remembered.get(user), bytes)) return true;
      const isRight = await verify(bytes);
      if (isRight) remembered.set(user, this.#digest(bytes));
      return isRight;
    };
  }

  /**
   * The user whose hash is checked, and who it counts against, where there is none of that name:
   * for one name always the same, so that neither the time nor a refusal tells which names there
   * are.
   */
  #standInFor(stranger: string): string {
    const index = this.#digest(stranger).readUInt32BE() % this.#names.length;
    return this.#names[index] ?? '';
  }

  #isRight(remembered: Buffer | undefined, bytes: string): boolean {
    return remembered !== undefined && timingSafeEqual(remembered, this.#digest(bytes));
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
