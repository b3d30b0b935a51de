// Checks the order of checks, and the limits, for random sequences of tries.

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PasswordGuard } from './passwordGuard.ts';
import type { PasswordResult } from './passwordResult.pure.ts';

/** The maximum of different pending passwords of one source. */
const MAX_PASSWORDS = 3;

interface SentTry {
  source: string;
  password: string;
  result?: PasswordResult;
}

/** `check` ends the check in progress; anything else sends a password. */
type Step = 'check' | Pick<SentTry, 'source' | 'password'>;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant('check' as const),
  fc.record({
    source: fc.constantFrom('a', 'b', 'c', 'd'),
    password: fc.constantFrom('right', '1', '2', '3', '4'),
  }),
);

class GuardModel {
  readonly sent: SentTry[] = [];
  readonly violations: string[] = [];
  readonly #guard = new PasswordGuard((_use: 'shutDown') => (bytes) => this.#verify(bytes));
  readonly #wrong = new Map<string, number>();
  #end: (() => void) | undefined;

  async do(step: Step): Promise<void> {
    if (step === 'check') this.#end?.();
    else this.#send({ ...step });
    await setImmediate();
    await setImmediate();
  }

  async finish(): Promise<void> {
    while (this.#end !== undefined) await this.do('check');
  }

  #send(one: SentTry): void {
    const before = this.#passwordsOf(one.source);
    const isTooMany = !before.has(one.password) && before.size >= MAX_PASSWORDS;
    this.sent.push(one);
    // The password contains the source, so that #verify knows it.
    void this.#guard
      .check(one.source, 'shutDown', `${one.source} ${one.password}`)
      .then((result) => {
        one.result = result;
        if (isTooMany && result !== 'notChecked')
          this.violations.push(`${result} instead of notChecked`);
        if (result === 'right') this.#wrong.delete(one.source);
        if (result === 'wrong') this.#wrong.set(one.source, this.#wrongOf(one.source) + 1);
      });
  }

  async #verify(bytes: string): Promise<boolean> {
    const [source = '', password = ''] = bytes.split(' ');
    // Lets the previous result settle.
    await setImmediate();
    const ranks = this.#pending().map((one) => this.#rankOf(one.source));
    if (this.#end !== undefined) this.violations.push('two checks at a time');
    if (this.#rankOf(source) > Math.min(...ranks))
      this.violations.push(`${source} was checked too early`);
    if (this.#passwordsOf(source).size > MAX_PASSWORDS)
      this.violations.push(`${source} has too many passwords pending`);
    await new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    this.#end = undefined;
    return password === 'right';
  }

  #pending(): SentTry[] {
    return this.sent.filter(({ result }) => result === undefined);
  }

  #passwordsOf(source: string): Set<string> {
    const pending = this.#pending().filter((one) => one.source === source);
    return new Set(pending.map(({ password }) => password));
  }

  #wrongOf(source: string): number {
    return this.#wrong.get(source) ?? 0;
  }

  /** How many of a source's passwords were wrong or are pending. */
  #rankOf(source: string): number {
    return this.#wrongOf(source) + this.#passwordsOf(source).size;
  }
}

test('checks a source with the fewest wrong or pending passwords next, and settles every try', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const model = new GuardModel();
      for (const step of steps) await model.do(step);
      await model.finish();
      expect(model.violations).toEqual([]);
      expect(model.sent.filter(({ result }) => result === undefined)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
