// Checks the passwords of the page's users. A browser sends one with every request, and verifying a
// hash takes a quarter of a second, so correct passwords are cached, as an HMAC with a random key.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { LoginTokens } from '../../access/loginTokens.ts';
import type { VerifyPassword } from '../../access/password.ts';
import { PasswordGuard } from '../../access/passwordGuard.ts';
import type { PasswordResult } from '../../access/passwordResult.pure.ts';
import { plainAddress, sourceOf } from '../../access/source.ts';
import type { CheckPassword } from '../../bridge/http/basicAuth.ts';
import type { Logins } from '../../bridge/http/loginCookie.ts';
import { MAX_LINE_BYTES } from '../../protocol/lines.ts';
import { readUsersFile, type Users } from '../options/usersFile.ts';

export interface ReloadableUsers {
  check: CheckPassword;
  logins: Logins;
  /** Reads the file again. */
  reload: () => void;
}

export class UserPasswords {
  /** Logins of users whose password was correct. */
  readonly logins = new LoginTokens();
  readonly #key = randomBytes(32);
  readonly #guard = new PasswordGuard<string>((user) => this.#verifierFor(user));
  #users: Users;
  #names: readonly string[];
  #cache = new Map<string, Buffer>();

  constructor(users: Users) {
    this.#users = users;
    this.#names = [...users.keys()];
  }

  /**
   * Reads the users of `--users-file`.
   *
   * @returns `undefined` without such a file: no login is required then.
   * @throws CliError that names the invalid line.
   */
  static fromFile(file: string | undefined): ReloadableUsers | undefined {
    if (file === undefined) return undefined;
    const passwords = new UserPasswords(readUsersFile(file));
    return {
      check: (address, user, password) => passwords.check(address, user, password),
      logins: passwords.logins,
      reload: () => passwords.replace(readUsersFile(file)),
    };
  }

  /** Replaces the users. Strikes for wrong passwords remain. */
  replace(users: Users): void {
    this.#users = users;
    this.#names = [...users.keys()];
    this.#cache = new Map();
    // A user may have been removed, or have another password.
    this.logins.revokeAll();
  }

  /**
   * Checks a password by the rules of the server's own (PROTOCOL.md, "Passwords").
   *
   * @param address The address of the client.
   */
  async check(address: string, user: string, password: string): Promise<PasswordResult> {
    const bytes = Buffer.from(password, 'utf8').toString('latin1');
    // `motd hash-password` accepts no longer password.
    if (bytes.length > MAX_LINE_BYTES) return 'wrong';
    const source = sourceOf(plainAddress(address));
    if (!this.#users.has(user)) {
      const result = await this.#guard.check(source, this.#decoyFor(user), bytes);
      return result === 'notChecked' ? 'notChecked' : 'wrong';
    }
    // A source with strikes must not use the cache: by trying many passwords simultaneously, it
    // could learn which one is correct.
    const isCached =
      this.#guard.hasNoStrikes(source, user) && this.#isRight(this.#cache.get(user), bytes);
    return isCached ? 'right' : this.#guard.check(source, user, bytes);
  }

  #verifierFor(user: string): VerifyPassword | undefined {
    // The current cache: if the users are replaced during the check, its result must not be cached.
    const cache = this.#cache;
    const verify = this.#users.get(user);
    if (verify === undefined) return undefined;
    return async (bytes) => {
      if (this.#isRight(cache.get(user), bytes)) return true;
      const isRight = await verify(bytes);
      if (isRight) cache.set(user, this.#digest(bytes));
      return isRight;
    };
  }

  /**
   * Maps an unknown name to an existing user. Its hash is checked and its strikes are counted
   * instead of the unknown name's. A name is always mapped to the same user, so that neither the
   * time nor the result reveals which names exist.
   */
  #decoyFor(unknownName: string): string {
    const index = this.#digest(unknownName).readUInt32BE() % this.#names.length;
    return this.#names[index] ?? '';
  }

  #isRight(cached: Buffer | undefined, bytes: string): boolean {
    return cached !== undefined && timingSafeEqual(cached, this.#digest(bytes));
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}
