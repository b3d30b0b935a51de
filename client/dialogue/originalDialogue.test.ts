import { expect, test } from 'vitest';
import { goldens } from '../../e2e/golden/golden.ts';
import type { Effect } from './conversation.ts';
import { PROMPTS } from './dialogue.ts';
import { OriginalDialogue } from './originalDialogue.ts';

const APPLE = 'An apple a day keeps the doctor away.';

/** A dialogue, and what it displays. */
class Driver {
  screen = '';
  sent = '';
  /** Whether it awaits silence. */
  isTimed = false;
  readonly #dialogue = new OriginalDialogue({}, () => {
    this.isTimed = true;
  });

  constructor() {
    this.#perform(this.#dialogue.start());
  }

  type(line: string): this {
    this.screen += `${line}\n`;
    return this.#perform(this.#dialogue.typed(line));
  }

  receive(...chunks: string[]): this {
    for (const chunk of chunks) this.#perform(this.#dialogue.received(chunk));
    return this;
  }

  /** The time that it awaits, if any, has passed. */
  quiet(): this {
    return this.isTimed ? this.#perform(this.#dialogue.quiet()) : this;
  }

  close(): this {
    return this.#perform(this.#dialogue.closed('closed'));
  }

  #perform(effects: Effect[]): this {
    for (const effect of effects) {
      if (effect.do === 'print') this.screen += `${effect.line}\n`;
      if (effect.do === 'ask') this.screen += effect.prompt;
      if (effect.do === 'stopAsking') this.screen += '\n';
      if (effect.do === 'send') this.sent += effect.text;
      if (effect.do === 'end') this.screen += `<${effect.ending}>`;
    }
    return this;
  }
}

for (const { name, typed, replies, screen } of goldens) {
  test(`holds the dialogue of case ${name} with a server that sends no line ends`, () => {
    const driver = new Driver();
    const lines = replies.trimEnd().split('\n');
    for (const line of typed) {
      driver.type(line).receive(...lines.splice(0, line === 'MSGGET' ? 2 : 1));
      driver.quiet();
    }
    expect(driver.screen.replace(/<\w+>$/, '')).toBe(screen);
  });
}

test('shows a message that arrives with its status, after it, or much later', () => {
  const shown = `Server: 200 OK\n${APPLE}\n${PROMPTS.command}`;
  expect(new Driver().type('MSGGET').receive(`200 OK${APPLE}`).quiet().screen).toContain(shown);
  expect(new Driver().type('MSGGET').receive('200 OK', APPLE).quiet().screen).toContain(shown);
  const late = new Driver().type('MSGGET').receive('200 OK').quiet();
  expect(late.screen).toMatch(/Server: 200 OK\n$/);
  expect(late.receive(APPLE).quiet().screen).toContain(shown);
});

test('awaits silence only if a reply may continue', () => {
  const driver = new Driver().type('MSGSTORE').receive('200 OK');
  expect(driver.screen).toMatch(new RegExp(`${PROMPTS.MSGSTORE}$`));
  expect(driver.isTimed).toBe(false);
  driver.type('b').receive('200');
  expect(driver.isTimed).toBe(true);
});

test('sends lines with LF: the original server strips it', () => {
  expect(new Driver().type('MSGGET').sent).toBe('MSGGET\n');
});

test('sends nothing for a blank line, and awaits no reply', () => {
  const driver = new Driver().type('  ').receive('200 OK is not a reply here').quiet();
  expect(driver.sent).toBe('');
  expect(driver.screen).toContain('Server: 200 OK is not a reply here\n');
});

test('shows what the server has sent before it closed', () => {
  const driver = new Driver().type('FOO').receive('404 go', 'ne').close();
  expect(driver.screen).toContain(`Server: 404 gone\n${PROMPTS.command}\n[closed]\n<lost>`);
});
