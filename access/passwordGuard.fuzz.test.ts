// Whatever sources send, and whenever: what the guard promises about turns.

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PasswordGuard, type Verdict } from './passwordGuard.ts';

/** Of one source, waiting or under way. */
const MAX_PASSWORDS = 3;

interface Sent {
  source: string;
  password: string;
  verdict?: Verdict;
}

/** `check` lets the check that is under way end. */
type Step = 'check' | Pick<Sent, 'source' | 'password'>;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constant('check' as const),
  fc.record({
    source: fc.constantFrom('a', 'b', 'c', 'd'),
    password: fc.constantFrom('right', '1', '2', '3', '4'),
  }),
);

class World {
  readonly sent: Sent[] = [];
  /** What must not be. */
  readonly surprises: string[] = [];
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

  #send(one: Sent): void {
    const before = this.#passwordsOf(one.source);
    const isOneTooMany = !before.has(one.password) && before.size >= MAX_PASSWORDS;
    this.sent.push(one);
    // The source stands in the password, so that a check tells whose it is.
    void this.#guard
      .check(one.source, 'shutDown', `${one.source} ${one.password}`)
      .then((verdict) => {
        one.verdict = verdict;
        if (isOneTooMany && verdict !== 'refused') this.surprises.push(`${verdict}, not refused`);
        if (verdict === 'right') this.#wrong.delete(one.source);
        if (verdict === 'wrong') this.#wrong.set(one.source, this.#wrongOf(one.source) + 1);
      });
  }

  async #verify(bytes: string): Promise<boolean> {
    const [source = '', password = ''] = bytes.split(' ');
    // The verdict before has settled by then.
    await setImmediate();
    const ranks = this.#pending().map((one) => this.#rankOf(one.source));
    if (this.#end !== undefined) this.surprises.push('two checks at a time');
    if (this.#rankOf(source) > Math.min(...ranks)) this.surprises.push(`${source} went too early`);
    if (this.#passwordsOf(source).size > MAX_PASSWORDS)
      this.surprises.push(`${source} has too many`);
    await new Promise<void>((resolve) => {
      this.#end = resolve;
    });
    this.#end = undefined;
    return password === 'right';
  }

  #pending(): Sent[] {
    return this.sent.filter(({ verdict }) => verdict === undefined);
  }

  #passwordsOf(source: string): Set<string> {
    const pending = this.#pending().filter((one) => one.source === source);
    return new Set(pending.map(({ password }) => password));
  }

  #wrongOf(source: string): number {
    return this.#wrong.get(source) ?? 0;
  }

  /** How many of a source's passwords were wrong, or are not known yet to be right. */
  #rankOf(source: string): number {
    return this.#wrongOf(source) + this.#passwordsOf(source).size;
  }
}

test('the next check is of a source with the fewest passwords wrong or pending, and every try ends', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const world = new World();
      for (const step of steps) await world.do(step);
      await world.finish();
      expect(world.surprises).toEqual([]);
      expect(world.sent.filter(({ verdict }) => verdict === undefined)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});
