// A server and a bridge of its own for each test that asks for them.

import { test as base, devices, expect, type Page } from '@playwright/test';
import { Program } from './programs.ts';

export interface Listening {
  program: Program;
  port: number;
}

export interface Fixtures {
  /** Ends every program a test has started, passed or failed. */
  noneLeft: undefined;
  server: Listening;
  bridge: Listening;
  terminal: Terminal;
}

export { devices, expect };

// biome-ignore-start lint/correctness/noEmptyPattern: Playwright reads there which fixtures one needs.
export const test = base.extend<Fixtures>({
  noneLeft: [
    async ({}, use) => {
      await use(undefined);
      await Promise.all([...Program.running].map((program) => program.stop()));
    },
    { auto: true },
  ],
  server: async ({}, use) => use(await startServer()),
  bridge: async ({ server }, use) => use(await startBridge(server.port)),
  terminal: async ({ page, bridge }, use) => {
    await page.goto(`http://127.0.0.1:${bridge.port}/`);
    await use(new Terminal(page));
  },
});
// biome-ignore-end lint/correctness/noEmptyPattern: see above.

export async function startServer(port = 0, flags: string[] = []): Promise<Listening> {
  const program = Program.motd(['serve', '--port', String(port), ...flags]);
  const [, found] = await program.says(/listening on 127\.0\.0\.1:(\d+)\n/);
  return { program, port: Number(found) };
}

export async function startBridge(
  serverPort: number,
  port = 0,
  flags: string[] = [],
): Promise<Listening> {
  const target = `motd=127.0.0.1:${serverPort}+proxy`;
  const args = ['bridge', '--target', target, '--http-port', String(port), ...flags];
  const program = Program.motd(args);
  const [, found] = await program.says(/listening on https?:\/\/127\.0\.0\.1:(\d+)\S*\n/);
  return { program, port: Number(found) };
}

/** The page's terminal, as the person in front of it sees it. */
export class Terminal {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** Every row on the screen, as drawn; blanks at the ends of rows cannot be seen. */
  async rows(): Promise<string[]> {
    const rows = await this.page.locator('.xterm-rows > div').allInnerTexts();
    return rows.map((row) => row.replaceAll('\u00a0', ' ').trimEnd());
  }

  /** The screen as one text, without the empty rows below. */
  async text(): Promise<string> {
    return (await this.rows()).join('\n').trimEnd();
  }

  /**
   * Every character on the screen in order, white space and line ends left out:
   * what wraps reads on.
   */
  async flow(): Promise<string> {
    return (await this.rows()).join('').replaceAll(' ', '');
  }

  /** Settles once the screen ends with this text. */
  async shows(text: string): Promise<void> {
    await expect.poll(() => this.text()).toMatch(new RegExp(`${escapeRegExp(text.trimEnd())}$`));
  }

  /** Types a line and presses Enter. */
  async type(line: string): Promise<void> {
    await this.page.keyboard.type(line);
    await this.page.keyboard.press('Enter');
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
